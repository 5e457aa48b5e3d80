"""The parameters of a snippet: values of its code that can be changed, each where its code writes it.

An entry declares the name; the code says the rest. A parameter is what the top level of the code assigns to
that name, or if it assigns nothing to it, what calls pass by that name. It must be a literal, and all places
must write the same one. To change it, the text of the literals is replaced and nothing else, so that the
code stays as it was written, comments included.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from kb.content.entry import Entry, Snippet, Text
from kb.content.proofs import parsed
from kb.errors import BadValue

Plain = bool | int | float | str | tuple[float, ...] | list[float]
"""What a parameter may be."""


class Value(Struct, frozen=True):
    """A parameter as the code has it."""

    name: str
    default: Plain
    written: str
    """The default, as the code writes it."""
    kind: str
    """What it is, for a reader: a whole number, a number, yes or no, text, or several numbers."""
    help: Text | None = None
    spans: tuple[tuple[int, int], ...] = ()
    """Where the literals begin and end in the code, in characters."""


def parameters_of(entry: Entry, snippet: Snippet) -> tuple[Value, ...]:
    """The parameters of a snippet. Raises BadValue if its code does not have one that it declares."""
    found = []
    for parameter in snippet.parameters:
        try:
            found.append(_value(snippet.code, parameter.name, parameter.help))
        except _Unfit as error:
            place = f"{entry.path}:{entry.code_line(snippet)}"
            raise BadValue(f"{place}: {error}; mend the entry: ptnote check {entry.path}") from error
    return tuple(found)


def faults(snippet: Snippet) -> Iterator[tuple[int, str]]:
    """What is wrong with the parameters that a snippet declares: which of them, and why."""
    names = [parameter.name for parameter in snippet.parameters]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield i, f"parameter '{name}' is declared twice"
            continue
        try:
            _value(snippet.code, name, None)
        except _Unfit as error:
            yield i, str(error)


def changed(snippet: Snippet, values: Sequence[Value], wanted: Mapping[str, Plain]) -> Snippet:
    """The snippet with these values in its code. It is as it was if they are what it has; else it need
    neither print nor raise what its entry says."""
    news = [
        (*span, _literal(wanted[value.name], value.written))
        for value in values
        if value.name in wanted and not same(wanted[value.name], value.default)
        for span in value.spans
    ]
    code = snippet.code
    for begin, end, literal in sorted(news, reverse=True):
        code = code[:begin] + literal + code[end:]
    return rewritten(snippet, code)


def rewritten(snippet: Snippet, code: str) -> Snippet:
    """The snippet with other code, which may print and raise what it likes; itself if there is no other."""
    other = code and code != snippet.code
    return structs.replace(snippet, code=code, output="", raises=None) if other else snippet


def _literal(value: Plain, written: str) -> str:
    """A value as source text, strings in the quotes of what was written there."""
    if isinstance(value, str) and written.startswith('"') and '"' not in value and value.isprintable():
        return '"' + value.replace("\\", "\\\\") + '"'
    return repr(value)


def same(one: Plain, other: Plain) -> bool:
    return type(one) is type(other) and one == other


class _Unfit(Exception):
    """The code has no parameter of that name."""


def _value(code: str, name: str, help: Text | None) -> Value:
    """The parameter of that name. Raises _Unfit."""
    try:
        tree = parsed(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _Unfit(f"parameter '{name}': the code is not Python") from error
    nodes = _assigned(tree, name) or _passed(tree, name)
    if not nodes:
        raise _Unfit(f"parameter '{name}': the code neither assigns it nor passes it by name")
    found = [_constant(node, name) for node in nodes]
    if not all(same(one, found[0]) for one in found):
        raise _Unfit(f"parameter '{name}' has several values in the code; assign it once")
    lines = io.StringIO(code, newline="").readlines()  # str.splitlines knows more ends of lines than Python
    spans = tuple((_offset(lines, node.lineno, node.col_offset), _end(lines, node)) for node in nodes)
    written = code[slice(*spans[0])]
    return Value(name, found[0], " ".join(written.split()), _kind(found[0]), help, spans)


def _assigned(tree: ast.Module, name: str) -> list[ast.expr]:
    """What the top level assigns to a name."""
    found = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            found.append(node.value)
    return found


def _passed(tree: ast.Module, name: str) -> list[ast.expr]:
    """What calls pass by a name."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [keyword.value for call in calls for keyword in call.keywords if keyword.arg == name]


def _constant(node: ast.expr, name: str) -> Plain:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise _Unfit(f"parameter '{name}' is no literal in line {node.lineno} of the code") from error
    numbers = isinstance(value, tuple | list) and value and all(type(one) in (int, float) for one in value)
    if not (numbers or type(value) in (bool, int, float, str)):
        raise _Unfit(f"parameter '{name}' is neither a number, a bool, a text, nor several numbers")
    plain: Plain = value
    return plain


def _kind(value: Plain) -> str:
    if isinstance(value, tuple | list):
        return "several numbers in brackets"
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return kinds[type(value)]


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    """The place in the code, in characters, of a column of a line that the parser counts in bytes."""
    return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())


def _end(lines: Sequence[str], node: ast.expr) -> int:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return _offset(lines, node.end_lineno, node.end_col_offset)
