"""One entry file: YAML text in, `Entry` or `Problem`s out, every finding with its line."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

from kb.content.entry import FORMAT, Content, Entry
from kb.content.problem import Problem

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[str | int, ...]


class Source:
    """A YAML file as plain data, and the line of every place in it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()
        self._scalars = yaml.SafeLoader("")
        self.data = self._read(text)

    def problem(self, code: str, message: str, place: Place = ()) -> None:
        """Note a finding at a place, or at the nearest place above it that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place, 1)
        self.problems.append(Problem(code=code, path=self.path, line=line, message=message))

    def _read(self, text: str) -> Any:
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.lines[()] = mark.line + 1 if mark else 1
            self.problem("E001", f"not YAML: {error.problem or error.context}; quote the text or use |")
        except yaml.YAMLError as error:
            self.problem("E001", f"not YAML: {str(error).splitlines()[0]}")
        else:
            return None if node is None else self._plain(node, ())
        return None

    def _plain(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self._seen:
            self.problem("E001", "YAML anchors are not read here; write the text out", place)
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._mapping(node, place)

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.problem("E001", f"cannot read '{node.value}' as {node.tag}; quote it", place)
            return str(node.value)

    def _mapping(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(getattr(key_node, "value", "?"))
            here = (*place, key)
            if key in found:
                self.lines[here] = key_node.start_mark.line + 1
                self.problem("E002", f"'{key}' stands here twice; keep one", here)
                continue
            self.lines[here] = key_node.start_mark.line + 1
            found[key] = self._plain(value_node, here)
        return found


def parse(path: Path, raw: bytes, layer: str) -> tuple[Entry | None, list[Problem]]:
    """Read one entry file that holds `raw`. Without problems there is an entry, and only then."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "not UTF-8; save the file as UTF-8"
        return None, [Problem(code="E001", path=str(path), line=line, message=message)]
    source = Source(str(path), text)
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
    for _ in range(200):
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
    """What the model says about a place."""
    info: Any = msgspec.inspect.type_info(Content)
    for part in place:
        info = _bare(info)
        if isinstance(info, msgspec.inspect.StructType):
            info = next(one.type for one in info.fields if one.name == part)
        else:
            info = info.item_type
    return info


def _bare(info: Any) -> Any:
    """A type without its annotations and without `| None`."""
    while isinstance(info, msgspec.inspect.Metadata | msgspec.inspect.UnionType):
        if isinstance(info, msgspec.inspect.Metadata):
            info = info.type
        else:
            info = next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType))
    return info


def _filler(place: Place) -> Any:
    """A value that is right at a place, to stand in for a wrong or missing one."""
    info = _type_at(place)
    while isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    return None if isinstance(info, msgspec.inspect.UnionType) else _example(info)


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
