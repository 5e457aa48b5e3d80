"""One entry: the text of its files in, `Entry` or `Problem`s out, every finding with its line."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from kb.content.entry import ASKED, FORMAT, PROOFS, Content, Entry
from kb.content.files import BESIDE
from kb.content.old import OLD_FORMAT, OldContent, modern
from kb.content.one_language import complete
from kb.content.problem import Problem
from kb.content.proofs import read_proofs
from kb.content.source import Place, Source, read_file
from kb.text.controls import CONTROL, visible

FINDINGS = 40
"""So many wrong values of one file are told of at most."""


def read_entry(path: Path, layer: str) -> tuple[Entry | None, list[Problem]]:
    """Read one entry from its file and the files beside it. Without problems there is an entry, and only
    then. Raises OSError if the entry's own file cannot be read."""
    raw = read_file(path)
    beside: dict[str, bytes] = {}
    for suffix in BESIDE:
        other = path.with_name(path.stem + suffix)
        try:
            beside[suffix] = read_file(other)
        except FileNotFoundError:
            continue
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            return None, [Problem(code="E001", path=str(other), line=1, message=message)]
    return parse(path, raw, layer, beside)


def parse(
    path: Path, raw: bytes, layer: str, beside: dict[str, bytes] | None = None
) -> tuple[Entry | None, list[Problem]]:
    """Read one entry whose file holds `raw`; `beside` holds what the files beside it hold, by the ends of
    their names. Without problems there is an entry, and only then."""
    beside = beside or {}
    stem = str(path.with_suffix(""))
    source = Source.of(str(path), raw)
    values = None if source.problems else _values(source, layer != "built-in")
    asked, problems = _phrases(stem + ASKED, beside.get(ASKED, b""))
    proofs_code = beside.get(PROOFS, b"")
    proofs, wrong = read_proofs(stem + PROOFS, proofs_code)
    problems = [*source.problems, *problems, *wrong]
    if values is None or problems:
        return None, problems
    digest = hashlib.sha256(raw)
    for suffix, content in sorted(beside.items()):
        digest.update(f"\0{suffix}\0".encode() + content)
    entry = Entry(
        **{**values, "asked": (*values.get("asked", ()), *asked)},
        id=path.stem,
        category=path.parent.name,
        path=str(path),
        layer=layer,
        digest=digest.hexdigest(),
        proofs=proofs,
        proofs_code=proofs_code.decode("utf-8-sig"),
        lines={".".join(map(str, place)): line for place, line in source.lines.items()},
    )
    return entry, []


def _phrases(path: str, raw: bytes) -> tuple[tuple[str, ...], list[Problem]]:
    """The phrases of a file that holds one a line; blank lines and those that begin with # are left out."""
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "not UTF-8; save the file as UTF-8"
        return (), [Problem(code="E001", path=path, line=line, message=message)]
    problems = [
        Problem(
            code="E012", path=path, line=number, message=f"control character {visible(found[0])}; remove it"
        )
        for number, line in enumerate(lines, 1)
        if (found := CONTROL.search(line))
    ]
    phrases = (line.strip() for line in lines)
    return tuple(phrase for phrase in phrases if phrase and phrase[0] != "#"), problems


def _values(source: Source, one_language: bool) -> dict[str, Any] | None:
    """The fields of the entry that its own file holds; None, with findings in `source`, if there is none.
    `one_language` accepts texts that stand there in one language only."""
    data = source.data
    if not isinstance(data, dict):
        source.problem("E003", "an entry is a mapping of keys; copy entries/_template.yaml")
        return None
    known = (OLD_FORMAT, FORMAT)
    if data.get("format") not in known and isinstance(data.get("format"), int):
        newer = data["format"] > FORMAT
        advice = "upgrade ptnote" if newer else f"bring the file up to format: {FORMAT}"
        source.problem("E004", f"format {data['format']} is not {FORMAT}; {advice}", ("format",))
        return None
    kind = OldContent if data.get("format") == OLD_FORMAT else Content
    if one_language:
        complete(data, kind)
    content = _convert(source, data, kind)
    if content is None or source.problems:
        return None
    if isinstance(content, OldContent):
        return modern(content)
    return {name: getattr(content, name) for name in Content.__struct_fields__}


def _convert(source: Source, data: dict[str, Any], kind: type[Content]) -> Content | None:
    """Convert the data to a content. msgspec stops at its first finding, so each is noted and
    patched over until the rest has been seen too; only a clean pass yields a value."""
    for _ in range(FINDINGS):
        try:
            return msgspec.convert(data, kind, strict=True)
        except msgspec.ValidationError as error:
            if not _patch(source, data, str(error), kind):
                return None
    return None


_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(missing required|unknown) field `([^`]+)`")


def _patch(source: Source, data: dict[str, Any], message: str, kind: type[Content]) -> bool:
    """Note msgspec's message at its line and make `data` pass that point. False: give up."""
    match = _PLACE.match(message)
    what, where = (match["what"], match["where"] or "$") if match else (message, "$")
    if where.startswith("key "):
        return False
    place: Place = tuple(
        int(part) if part.isdigit() else part for part in re.findall(r"[\w-]+", where.lstrip("$"))
    )
    field_finding = _FIELD.search(what)
    holder = _at(data, place)
    if field_finding and isinstance(holder, dict):
        what_is, name = field_finding.groups()
        if what_is == "unknown" and name not in holder:
            source.problem("E005", what, place)  # a name that msgspec's message garbles
            return False
        if what_is == "unknown":
            source.problem("E005", _unknown(name, place, kind), (*place, name))
            del holder[name]
        else:
            source.problem("E006", f"'{name}' is missing", place)
            holder[name] = _filler((*place, name), kind)
        return True
    source.problem("E007", f"{_dotted(place)}: {what[:1].lower()}{what[1:]}", place)
    if not place or not isinstance(_at(data, place[:-1]), dict | list):
        return False
    _at(data, place[:-1])[place[-1]] = _filler(place, kind)
    return True


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


def _dotted(place: Place) -> str:
    return ".".join(map(str, place)) or "entry"


def _unknown(name: str, place: Place, kind: type[Content]) -> str:
    known = [one.name for one in getattr(_bare(_type_at(place, kind)), "fields", ())]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    advice = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return f"unknown field '{name}'; {advice}"


def _type_at(place: Place, kind: type[Content]) -> Any:
    """What the model says about a place; None if it says nothing."""
    info: Any = msgspec.inspect.type_info(kind)
    for part in place:
        info = next((found for one in _choices(info) if (found := _within(one, part))), None)
        if info is None:
            return None
    return info


def _within(info: Any, part: str | int) -> Any:
    """The type of a field, or of the items of a list; None if there is none."""
    if isinstance(info, msgspec.inspect.StructType):
        return next((one.type for one in info.fields if one.name == part), None)
    return getattr(info, "item_type", None) if isinstance(part, int) else None


def _choices(info: Any) -> list[Any]:
    """The types that a value may have, without annotations; what takes more structure comes first."""
    if isinstance(info, msgspec.inspect.Metadata):
        return _choices(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        found = [one for each in info.types for one in _choices(each)]
        return sorted(found, key=lambda one: not isinstance(one, msgspec.inspect.StructType))
    return [] if isinstance(info, msgspec.inspect.NoneType) else [info]


def _bare(info: Any) -> Any:
    """A type without its annotations and without `| None`."""
    return next(iter(_choices(info)), None)


def _filler(place: Place, kind: type[Content]) -> Any:
    """A value that is right at a place, to stand in for a wrong or missing one."""
    info = _type_at(place, kind)
    while isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    if isinstance(info, msgspec.inspect.UnionType) and any(
        isinstance(one, msgspec.inspect.NoneType) for one in info.types
    ):
        return None
    return _example(info)


def _example(info: Any) -> Any:
    info = _bare(info)
    match info:
        case msgspec.inspect.StructType():
            return {one.name: _example(one.type) for one in info.fields if one.required}
        case msgspec.inspect.VarTupleType():
            return [_example(info.item_type)] if info.min_length else []
        case msgspec.inspect.IntType():
            return FORMAT
        case _:
            return "x"
