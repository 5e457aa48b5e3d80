"""What ptnote depends on: the requirements in pyproject.toml, the pinned versions, and what each of them
brings along, which the metadata of the packages of this environment says.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"


def normal(name: str) -> str:
    """The form in which two spellings of a package's name are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    """The versions of constraints.txt, by name."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE))


def parts() -> dict[str, list[str]]:
    """The requirements of ptnote itself (named "."), of each extra but `all`, which is the sum of others, and
    of building it, in place as well."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    extras = {name: wanted for name, wanted in project["optional-dependencies"].items() if name != "all"}
    return {
        ".": project["dependencies"],
        **{f"[{extra}]": wanted for extra, wanted in extras.items()},
        "build": [*settings["build-system"]["requires"], "editables"],
    }


def closure(requirements: Iterable[str]) -> set[str]:
    """The normal names of these requirements and of all that they bring along on this Python. What is not
    installed here brings nothing along."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(one), "") for one in requirements]
    while waiting:
        requirement, asker = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": asker}):
            continue
        for extra in {"", *requirement.extras}:
            key = (normal(requirement.name), extra)
            if key not in found:
                found.add(key)
                waiting += [(Requirement(one), extra) for one in _requires(requirement.name)]
    return {name for name, _ in found}


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
