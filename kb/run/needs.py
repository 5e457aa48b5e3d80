"""What keeps a snippet from running here."""

from __future__ import annotations

from kb.content.entry import Snippet
from kb.run import machine
from kb.run.result import Cause
from kb.run.settings import Settings


def unmet(snippet: Snippet, settings: Settings) -> tuple[Cause, str]:
    """Why a snippet cannot run here, in one line with the cure; Cause.none if it can.

    Raises BadSetting if the interpreter does not start.
    """
    needs, python = snippet.requires, settings.python
    if not machine.has_torch(python):
        return Cause.torch, f"needs torch: pip install torch (looked in {python})"
    if needs.min_torch and machine.older(machine.torch_version(python), needs.min_torch):
        newest = f"needs torch {needs.min_torch} or newer, this is {machine.torch_version(python)}"
        return Cause.min_torch, f"{newest}: pip install -U torch"
    missing = machine.missing_packages(needs.packages, python)
    if missing:
        return Cause.package, f"needs {', '.join(missing)}: pip install {' '.join(missing)}"
    if needs.device and settings.device and needs.device != settings.device:
        return Cause.device, f"needs {needs.device}, was told to use {settings.device}"
    wanted = needs.device or (settings.device if settings.device != "cpu" else None)
    if wanted and not machine.probe(python).has(wanted):
        version = machine.torch_version(python)
        return Cause.device, f"needs {wanted}, which torch {version} does not find here: see ptnote doctor"
    return Cause.none, ""
