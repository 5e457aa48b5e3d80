"""Which snippets from outside the built-in entries may run: the user agrees once to each code."""

from __future__ import annotations

import hashlib

from kb import paths
from kb.content.entry import Entry, Snippet
from kb.errors import Untrusted


def require(entry: Entry, snippet: Snippet, agreed: bool = False) -> list[str]:
    """Raise Untrusted unless the snippet is built in, or the user has agreed to this very code.

    `agreed` says that the user agrees now, which is remembered; if it cannot be, a line that says why
    is in the answer.
    """
    if entry.layer == "built-in" or _digest(snippet) in _known():
        return []
    if not agreed:
        raise Untrusted(entry.id, f"{entry.path}:{entry.code_line(snippet)}", snippet.code)
    return _remember(snippet)


def _remember(snippet: Snippet) -> list[str]:
    path = paths.trust_file()
    try:
        paths.private_dir(path.parent)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{_digest(snippet)}\n")
    except OSError as error:
        return [f"cannot remember your yes in {path}: {error.strerror or error}"]
    return []


def _digest(snippet: Snippet) -> str:
    return hashlib.sha256(snippet.code.encode()).hexdigest()


def _known() -> set[str]:
    """The digests of all code that the user has agreed to."""
    try:
        return set(paths.trust_file().read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError):
        return set()
