"""A YAML file as plain data, with the line of every place in it.

This is the only reader of YAML in ptnote. It takes what a person writes by hand: mappings, lists and
scalars. It refuses what only an attack or an accident brings: anchors, deep nesting, huge files, and files
that are no regular files.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import yaml

from kb.content.problem import Problem
from kb.text.controls import CONTROL, visible

FILE_LIMIT = 1 << 20
"""Bytes that a YAML file may have. The largest entry has 25 kB."""

DEPTH_LIMIT = 32
"""How deep mappings and lists may be nested. Entries need six levels."""

NUMBER_LIMIT = 40
"""Characters of a number; longer ones are a mistake, and Python converts none of over 4,300 digits."""

Place = tuple[str | int, ...]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(OSError):
    """A file that is not read: `strerror` says why, as it does for other errors of the system."""

    def __init__(self, why: str, path: Path) -> None:
        super().__init__(0, why, str(path))


def read_file(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """The bytes of a regular file, links followed. Raises OSError, for example if it is a pipe or a
    device, on which a reader could wait for ever, or has more than `limit` bytes."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("it is no regular file", path)
        if status.st_size > limit:
            raise Unreadable(f"it has more than {limit >> 10} KiB", path)
        raw = file.read(limit + 1)  # it may grow meanwhile
    if len(raw) > limit:
        raise Unreadable(f"it has more than {limit >> 10} KiB", path)
    return raw


class Source:
    """YAML text that has been read. `data` is None, or a part of it is missing, if there are problems."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._scalars: Any = yaml.SafeLoader("")
        self.data = self._read(text)

    @classmethod
    def of(cls, path: str, raw: bytes) -> Source:
        """The same of the bytes of a file."""
        try:
            return cls(path, raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            source = cls(path, "")
            source.lines[()] = raw[: error.start].count(b"\n") + 1
            source.problem("E001", "not UTF-8; save the file as UTF-8")
            return source

    def problem(self, code: str, message: str, place: Place = ()) -> None:
        """Note a finding at a place, or at the nearest place above it that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place, 1)
        self.problems.append(Problem(code=code, path=self.path, line=line, message=message))

    def _read(self, text: str) -> Any:
        try:
            return _Builder(self).build(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.lines[()] = mark.line + 1 if mark else 1
            self.problem("E001", f"not YAML: {error.problem or error.context}; quote the text or use |")
        except yaml.YAMLError as error:
            self.problem("E001", f"not YAML: {str(error).splitlines()[0]}")
        return None

    def scalar(self, event: Any, place: Place) -> Any:
        """The value of a scalar."""
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._scalars.resolve(yaml.ScalarNode, event.value, event.implicit)
        control = CONTROL.search(event.value)
        if control:
            line = event.value[: control.start()].count("\n")
            self.lines[(*place, "")] = event.start_mark.line + 1 + line
            self.problem("E012", f"control character {visible(control[0])}; remove it", (*place, ""))
        if tag.endswith(":str"):
            return event.value
        try:
            if len(event.value) > NUMBER_LIMIT:
                raise ValueError
            return self._scalars.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark))
        except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            shown = event.value if len(event.value) <= NUMBER_LIMIT else f"{event.value[:NUMBER_LIMIT]}…"
            self.problem("E001", f"cannot read '{shown}' as {tag}; quote it", place)
            return str(event.value)


class _Open:
    """A mapping or list whose end has not been read yet."""

    def __init__(self, place: Place, value: dict[str, Any] | list[Any]) -> None:
        self.place, self.value = place, value
        self.key: str | None = None
        """The key whose value comes next."""
        self.skipping = False
        """Whether that value is of a key that stood there before."""


class _Builder:
    """Builds plain data from the events of the parser, without recursion."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[_Open] = []
        self.result: Any = None

    def build(self, text: str) -> Any:
        """The data of the first document; further ones are an error."""
        documents = 0
        event: Any  # types-PyYAML gives marks two types
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _refusal("a second document begins; keep one in a file", event)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
        return self.result

    def _node(self, event: Any) -> None:
        holder = self.stack[-1] if self.stack else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None:
            self._key(holder, event)
            return
        place = self._place(holder)
        line = event.start_mark.line + 1
        if holder is None or isinstance(holder.value, list):
            self.source.lines.setdefault(place, line)
        value = self._value(event, place)
        if holder is None:
            self.result = value
        elif isinstance(holder.value, list):
            holder.value.append(value)
        else:
            assert holder.key is not None
            if not holder.skipping:
                holder.value[holder.key] = value
            holder.key = None

    def _key(self, holder: _Open, event: Any) -> None:
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise _refusal("a key is no plain text", event)
        assert isinstance(holder.value, dict)
        here = (*holder.place, event.value)
        holder.key = event.value
        holder.skipping = event.value in holder.value
        self.source.lines[here] = line
        if holder.skipping:
            self.source.problem("E002", f"'{event.value}' stands here twice; keep one", here)
        else:
            holder.value[event.value] = None  # so that a third one is noticed within the second

    def _value(self, event: Any, place: Place) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self.source.scalar(event, place)
        if isinstance(event, yaml.AliasEvent):
            self.source.problem("E001", "YAML anchors are not read here; write the text out", place)
            return None
        if len(self.stack) == DEPTH_LIMIT:
            raise _refusal(f"nested more than {DEPTH_LIMIT} deep", event)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(place, value))
        return value

    @staticmethod
    def _place(holder: _Open | None) -> Place:
        if holder is None:
            return ()
        if isinstance(holder.value, list):
            return (*holder.place, len(holder.value))
        return (*holder.place, holder.key or "")


def _refusal(why: str, event: Any) -> yaml.MarkedYAMLError:
    """The error of something that YAML allows and this reader does not."""
    return yaml.MarkedYAMLError(None, None, why, event.start_mark)
