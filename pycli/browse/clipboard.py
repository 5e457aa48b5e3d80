"""The clipboard of whoever sits at the terminal."""

from __future__ import annotations

import contextlib
import os

REMOTE = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
"""Environment variables that a login from another machine sets."""


def is_remote() -> bool:
    """Whether the terminal stands on another machine, whose clipboard is the one that counts."""
    return any(os.environ.get(name) for name in REMOTE)


def copied(text: str) -> bool:
    """Put text into the clipboard of this machine; False if the terminal has to do it, because it stands on
    another one, or there is no clipboard here."""
    if is_remote():
        return False
    import pyperclip

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError):
        return False
    return True


def pasted() -> str:
    """What the clipboard of this machine holds; nothing if that is another machine's, or there is none."""
    if not is_remote():
        import pyperclip

        with contextlib.suppress(pyperclip.PyperclipException, OSError, UnicodeDecodeError):
            return str(pyperclip.paste() or "")
    return ""
