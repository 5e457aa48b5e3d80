"""What a line of code names, looked up in the frame that ran it."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import CodeType, FrameType, MemberDescriptorType
from typing import Any

from .things import Plain, described, dictionary, is_module

BODIES = ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list")
"""Fields of statements that hold other statements, or what was evaluated before."""

_MISSING = object()


def things_on(frame: FrameType, line: int) -> Iterator[Plain]:
    """What is named in the statement of a line, in order of appearance."""
    seen = set()
    for node in _named(_statement(frame.f_code, line)):
        name, value = _look_up(node, frame)
        if name in seen:
            continue
        seen.add(name)
        yield from described(name, value)


def _statement(code: CodeType, line: int) -> list[ast.AST]:
    """The parts of the innermost statement of a line that are evaluated there; empty without the source."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not around:
        return []
    innermost = max(around, key=lambda node: node.lineno)
    fields = [value for field, value in ast.iter_fields(innermost) if field not in BODIES]
    parts = [part for value in fields for part in (value if isinstance(value, list) else [value])]
    return [part for part in parts if isinstance(part, ast.AST)]


def _named(parts: list[ast.AST]) -> Iterator[ast.AST]:
    """The names, attributes and subscripts in some expressions, as long as written, left to right."""
    found: list[ast.AST] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            found.append(node)
            while isinstance(node, (ast.Attribute, ast.Subscript)):
                if isinstance(node, ast.Subscript):
                    visit(node.slice)
                node = node.value
            if isinstance(node, ast.Name):
                return
        for child in ast.iter_child_nodes(node):
            visit(child)

    for part in parts:
        visit(part)
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))  # type: ignore[attr-defined]


def _look_up(node: ast.AST, frame: FrameType) -> tuple[str, Any]:
    """The longest beginning of an expression whose value is known, as written, and that value.

    `x.view` is `x`, because methods are not looked up.
    """
    if isinstance(node, ast.Name):
        return node.id, frame.f_locals.get(node.id, frame.f_globals.get(node.id, _MISSING))
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        return "", _MISSING
    name, value = _look_up(node.value, frame)
    if value is _MISSING:
        return name, value
    return _part(name, value, node)


def _part(name: str, value: Any, node: ast.Attribute | ast.Subscript) -> tuple[str, Any]:
    """The attribute or item of a value that has a name; the value itself if that cannot be looked up."""
    if isinstance(node, ast.Attribute):
        found, written = attribute(value, node.attr), f"{name}.{node.attr}"
    else:
        key = getattr(node.slice, "value", None)
        found, written = _item(value, key), f"{name}[{key!r}]"
    if found is not _MISSING:
        return written, found
    return name, (_MISSING if is_module(value) else value)


def _item(value: Any, key: Any) -> Any:
    """An item of a list, a tuple, a dictionary, or a container of torch modules."""
    if type(key) not in (int, str):
        return _MISSING
    if is_module(value):
        return dictionary(dictionary(value).get("_modules")).get(str(key), _MISSING)
    try:
        return value[key] if type(value) in (list, tuple, dict) else _MISSING
    except (LookupError, TypeError):
        return _MISSING


def attribute(value: Any, name: str) -> Any:
    """An attribute that lies in an object's dictionary or slots, or is a part of a torch module."""
    own = dictionary(value)
    if name in own:
        return own[name]
    if is_module(value):
        for kind in ("_parameters", "_modules", "_buffers"):
            part = dictionary(own.get(kind)).get(name)
            if part is not None:
                return part
    for base in type(value).__mro__:
        slot = base.__dict__.get(name)
        if isinstance(slot, MemberDescriptorType):
            try:
                return slot.__get__(value)
            except AttributeError:
                break
    return _MISSING
