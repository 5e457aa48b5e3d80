"""One entry file: YAML text in, `Entry` or `Problem`s out, every finding with its line."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from kb.content.entry import FORMAT, Content, Entry
from kb.content.problem import Problem
from kb.content.source import Place, Source

FINDINGS = 40
"""So many wrong values of one file are told of at most."""


def parse(path: Path, raw: bytes, layer: str) -> tuple[Entry | None, list[Problem]]:
    """Read one entry file that holds `raw`. Without problems there is an entry, and only then."""
    source = Source.of(str(path), raw)
    content = None if source.problems else _convert(source)
    if content is None or source.problems:
        return None, source.problems
    values = {name: getattr(content, name) for name in Content.__struct_fields__}
    lines = {".".join(map(str, place)): line for place, line in source.lines.items()}
    entry = Entry(
        **values,
        id=path.stem,
        category=path.parent.name,
        path=str(path),
        layer=layer,
        digest=hashlib.sha256(raw).hexdigest(),
        lines=lines,
    )
    return entry, []


def _convert(source: Source) -> Content | None:
    """Convert the data to `Content`. msgspec stops at its first finding, so each is noted and
    patched over until the rest has been seen too; only a clean pass yields a value."""
    data = source.data
    if not isinstance(data, dict):
        source.problem("E003", "an entry is a mapping of keys; copy entries/_template.yaml")
        return None
    if data.get("format") != FORMAT and isinstance(data.get("format"), int):
        newer = data["format"] > FORMAT
        advice = "upgrade ptnote" if newer else f"bring the file up to format: {FORMAT}"
        source.problem("E004", f"format {data['format']} is not {FORMAT}; {advice}", ("format",))
        return None
    for _ in range(FINDINGS):
        try:
            return msgspec.convert(data, Content, strict=True)
        except msgspec.ValidationError as error:
            if not _patch(source, data, str(error)):
                return None
    return None


_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(missing required|unknown) field `([^`]+)`")


def _patch(source: Source, data: dict[str, Any], message: str) -> bool:
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
        kind, name = field_finding.groups()
        if kind == "unknown" and name not in holder:
            source.problem("E005", what, place)  # a name that msgspec's message garbles
            return False
        if kind == "unknown":
            source.problem("E005", _unknown(name, place), (*place, name))
            del holder[name]
        else:
            source.problem("E006", f"'{name}' is missing", place)
            holder[name] = _filler((*place, name))
        return True
    source.problem("E007", f"{_dotted(place)}: {what[:1].lower()}{what[1:]}", place)
    if not place or not isinstance(_at(data, place[:-1]), dict | list):
        return False
    _at(data, place[:-1])[place[-1]] = _filler(place)
    return True


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


def _dotted(place: Place) -> str:
    return ".".join(map(str, place)) or "entry"


def _unknown(name: str, place: Place) -> str:
    known = [one.name for one in getattr(_bare(_type_at(place)), "fields", ())]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    advice = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return f"unknown field '{name}'; {advice}"


def _type_at(place: Place) -> Any:
    """What the model says about a place; None if it says nothing."""
    info: Any = msgspec.inspect.type_info(Content)
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


def _filler(place: Place) -> Any:
    """A value that is right at a place, to stand in for a wrong or missing one."""
    info = _type_at(place)
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
