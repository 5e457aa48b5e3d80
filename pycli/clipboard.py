"""The clipboard: that of the terminal over SSH, else that of the desktop."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys

from kb.errors import KbError


class NoClipboard(KbError):
    """Nothing here takes what is copied."""


def copy(text: str, instead: str) -> None:
    """Put a text on the clipboard. Raises NoClipboard, with the command that shows the text instead."""
    if is_remote():
        _to_terminal(text, instead)
    else:
        to_desktop(text, instead)


def is_remote() -> bool:
    """Whether the terminal stands on another machine, whose clipboard is the one that counts."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def to_tmux(text: str) -> bool:
    """Have tmux hand the text to the terminal in front of the user, because it passes no OSC 52 on unless it
    is told to; False without tmux."""
    if not (os.environ.get("TMUX") and shutil.which("tmux")):
        return False
    command = ["tmux", "load-buffer", "-w", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode == 0


def _to_terminal(text: str, instead: str) -> None:
    """Hand the text to the terminal in front of the user, by the escape sequence OSC 52."""
    if to_tmux(text):
        return
    encoded = base64.b64encode(text.encode()).decode()
    sequence = f"\x1b]52;c;{encoded}\x07"
    if os.environ.get("TERM", "").startswith("screen") and not os.environ.get("TMUX"):
        sequence = f"\x1bP{sequence}\x1b\\"  # what GNU screen passes on
    try:
        with open("/dev/tty", "w", encoding="ascii") as terminal:
            terminal.write(sequence)
    except OSError as error:
        if not sys.stderr.isatty():
            raise NoClipboard(f"there is no terminal to copy to; try: {instead}") from error
        sys.stderr.write(sequence)


def to_desktop(text: str, instead: str) -> None:
    """Put a text on the clipboard of this machine. Raises NoClipboard."""
    import pyperclip

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError, subprocess.SubprocessError) as error:
        needs = "on Linux install xclip, xsel, or wl-clipboard"
        raise NoClipboard(f"there is no clipboard; {needs}, or try: {instead}") from error


def pasted() -> str:
    """What the clipboard of this machine holds; nothing if another one's counts, or there is none."""
    if is_remote():
        return ""
    import pyperclip

    try:
        return str(pyperclip.paste() or "")
    except (pyperclip.PyperclipException, OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
