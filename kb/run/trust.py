"""Which snippets from outside the built-in entries may run: asked once per content."""

from __future__ import annotations

import hashlib

from kb import paths
from kb.content.entry import Entry, Snippet
from kb.errors import BadFile, Untrusted


def require(entry: Entry, snippet: Snippet) -> None:
    """Raise Untrusted unless the snippet is built in, or this very code was agreed to before."""
    if entry.layer != "built-in" and _digest(snippet) not in _agreed():
        raise Untrusted(
            f"{entry.path}:{entry.code_line(snippet)}: this code is not part of ptnote; "
            f"read it, then: ptnote run {entry.id} --yes"
        )


def agree(snippet: Snippet) -> None:
    """Remember that this very code may run. Raises BadFile if that cannot be written."""
    path = paths.trust_file()
    if _digest(snippet) in _agreed():
        return
    try:
        paths.private_dir(path.parent)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{_digest(snippet)}\n")
    except OSError as error:
        raise BadFile(f"cannot remember your yes in {path}: {error.strerror or error}") from error


def _digest(snippet: Snippet) -> str:
    return hashlib.sha256(snippet.code.encode()).hexdigest()


def _agreed() -> set[str]:
    try:
        return set(paths.trust_file().read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError):
        return set()
