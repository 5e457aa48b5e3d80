"""Which snippets from outside the built-in entries may run: the user agrees once to each code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from kb import paths
from kb.content.entry import Entry, Proof, Snippet
from kb.errors import Untrusted


def require(
    entry: Entry, snippet: Snippet, proofs: tuple[Proof, ...] = (), agreed: bool = False
) -> list[str]:
    """Raise Untrusted unless the snippet is built in, or the user has agreed to this very code, and to that
    of the proofs if some are to be run: the whole proofs file, and the answer they are about.

    `agreed` says that the user agrees now, which is remembered; if it cannot be, a line that says why
    is in the answer.
    """
    codes = [snippet.code] if snippet.name else []
    codes += [code for code in (entry.answer, entry.proofs_code) if proofs and code]
    if entry.layer == "built-in" or {_digest(code) for code in codes} <= _known():
        return []
    if not agreed:
        place = f"{entry.path}:{entry.code_line(snippet)}" if snippet.name else entry.proofs_path
        raise Untrusted(entry.id, place, "\n".join(codes))
    return _remember(codes)


def require_all(codes: Sequence[tuple[str, str]], command: str, agreed: bool = False) -> list[str]:
    """The same of codes that stand outside entries, each with its place as `file:line`. `command` is what
    runs them."""
    known = _known()
    unknown = [(place, code) for place, code in codes if _digest(code) not in known]
    if unknown and not agreed:
        place = unknown[0][0]
        raise Untrusted("", place, "\n".join(code for _, code in unknown), command)
    return _remember([code for _, code in unknown]) if unknown else []


def remember(codes: Iterable[str]) -> None:
    """Let codes run from now on that are made of nothing but what the user has agreed to."""
    known = _known()
    new = [code for code in codes if _digest(code) not in known]
    if new:
        _remember(new)


def _remember(codes: list[str]) -> list[str]:
    path = paths.trust_file()
    try:
        paths.private_dir(path.parent)
        with path.open("a", encoding="ascii") as file:
            file.writelines(f"{_digest(code)}\n" for code in codes)
    except OSError as error:
        return [f"cannot remember your yes in {path}: {error.strerror or error}"]
    return []


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _known() -> set[str]:
    """The digests of all code that the user has agreed to."""
    try:
        return set(paths.trust_file().read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError):
        return set()
