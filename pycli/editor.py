"""The user's own editor, on a file or on a copy of some code."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kb.errors import BadSetting, KbError


class EditorFailed(KbError):
    """The editor did not start, or ended with an error."""


def command() -> list[str]:
    """The editor and its arguments, from VISUAL or EDITOR. Raises BadSetting if neither names one."""
    named = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    if not named:
        raise BadSetting("no editor is set; name one, for example: export EDITOR=nano")
    try:
        return shlex.split(named)
    except ValueError as error:
        raise BadSetting(f"EDITOR is '{named}', which no shell can read; try: export EDITOR=nano") from error


def edit(path: Path) -> None:
    """Have the user edit a file, and wait. Raises BadSetting without an editor, and EditorFailed."""
    words = command()
    with _interrupts_left_to_it():
        try:
            code = subprocess.run([*words, str(path)], check=False).returncode
        except OSError as error:
            reason = error.strerror or error
            raise EditorFailed(
                f"cannot start the editor {words[0]}: {reason}; set EDITOR to another"
            ) from error
    if code:
        raise EditorFailed(f"the editor {words[0]} ended with exit code {code}; what it wrote is in {path}")


@contextlib.contextmanager
def _interrupts_left_to_it() -> Iterator[None]:
    """Ctrl-C in an editor is meant for the editor, although the terminal sends it to ptnote as well."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN it is not handed on
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
