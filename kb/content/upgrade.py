"""Bring entry files from format 1 to format 2, leaving layout and comments as they are."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from kb import paths
from kb.content.entry import ASKED, FORMAT, PROOFS, Entry, Snippet
from kb.content.lift import Lifted, lift
from kb.content.parse import parse
from kb.content.proofs import parameter
from kb.content.rewrite import indents
from kb.errors import BadFile


def upgrade(entry: Entry, trailing: bool = False) -> list[Path]:
    """Write an entry in format 2, its asserts and its phrases for the search into files beside it; the files
    that were written, none if the entry is in format 2. With `trailing` only those asserts are moved that
    end a snippet; others may fail there, because later lines change what they are about.

    Needs ruamel.yaml (in the `dev` extra). Raises BadFile, without having written anything, if a file
    exists beside the entry that would be overwritten.
    """
    if entry.format == FORMAT:
        return []
    path = Path(entry.path)
    written = upgraded(entry, path.read_text(encoding="utf-8"), trailing)
    for other in written:
        if other != path and other.exists():
            raise BadFile(f"{other} exists already; move it away, then try again")
    beside = {
        other.name.removeprefix(path.stem): text.encode() for other, text in written.items() if other != path
    }
    _, problems = parse(path, written[path].encode(), "built-in", beside)
    if problems:
        raise BadFile(f"cannot upgrade {path}: {problems[0].message}; it stays as it is")
    try:
        for other, text in written.items():
            paths.atomic_write(other.resolve(), text.encode(), lasting=True)
    except OSError as error:
        raise BadFile(f"cannot upgrade {path}: {error.strerror}; mend its permissions") from error
    return list(written)


def upgraded(entry: Entry, text: str, trailing: bool = False) -> dict[Path, str]:
    """The files of an entry in format 2, whose file in format 1 holds `text`."""
    path = Path(entry.path)
    lifted = [(snippet, _lift(snippet, trailing)) for snippet in entry.snippets]
    written = {path: _content(entry, text, [one.code for _, one in lifted])}
    proofs = [(snippet, one) for snippet, one in lifted if one.body]
    if proofs:
        written[path.with_suffix(PROOFS)] = _proofs(entry, proofs)
    if entry.asked:
        written[path.with_suffix(ASKED)] = "".join(f"{phrase}\n" for phrase in entry.asked)
    return written


def _lift(snippet: Snippet, trailing: bool) -> Lifted:
    """A snippet without its asserts; as it is if it raises, which ends it before they could be proved, or if
    several processes run it."""
    if snippet.raises or snippet.requires.ranks > 1:
        return Lifted(snippet.code, "", ())
    try:
        return lift(snippet.code, parameter(snippet.name), trailing)
    except SyntaxError:
        return Lifted(snippet.code, "", ())


def _content(entry: Entry, text: str, codes: list[str]) -> str:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.scalarstring import LiteralScalarString
    except ImportError as error:
        raise BadFile("--upgrade needs ruamel.yaml: pip install 'ptnote-pytorch[dev]'") from error
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(**indents(text))
    data: Any = yaml.load(text)
    data["format"] = FORMAT
    data.pop("asked", None)
    if data.pop("corrections", None) and entry.myths:
        said = [{"said": _texts(one.said), "truth": _texts(one.truth)} for one in entry.myths]
        data.insert(_place(data, "pitfalls", "errors"), "myths", said)
    for snippet, code in zip(data["snippets"], codes, strict=True):
        if snippet["code"] != code:
            snippet["code"] = LiteralScalarString(code)
    made = io.StringIO()
    yaml.dump(data, made)
    return made.getvalue()


def _texts(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _place(data: Any, *after: str) -> int:
    """The place behind the last of some keys."""
    keys = list(data)
    return 1 + max((keys.index(name) for name in after if name in keys), default=len(keys) - 1)


def _proofs(entry: Entry, lifted: list[tuple[Snippet, Lifted]]) -> str:
    """The proofs file of an entry."""
    imports = dict.fromkeys(line for _, one in lifted for line in one.imports)
    parts = [f'"""Proofs of {entry.id}."""\n']
    if imports:
        parts.append("\n".join(sorted(imports, key=_order)) + "\n")
    for snippet, one in lifted:
        name = parameter(snippet.name)
        says = draft_statement(entry, snippet).replace("\\", "\\\\").replace('"""', "'''")
        body = re.sub(r"^(?=.)", "    ", one.body, flags=re.MULTILINE)
        parts.append(f'\ndef test_{name}({name}):\n    """{says}"""\n{body}\n')
    return "\n".join(parts)


def draft_statement(entry: Entry, snippet: Snippet) -> str:
    """What a proof says that was made of asserts, until somebody words it: the title of the snippet."""
    title = snippet.title.en if snippet.title else entry.title.en
    return title.rstrip('."') + "."


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
