"""Asserts of a snippet, lifted out of it into a proof: code → code without them, and the body of a function
that receives the names which the code left behind.

The result proves what the asserts proved, but for one that would no longer hold at the end of the snippet:
whoever lifts runs the proof and, if it fails, lifts only the asserts that end the snippet (`trailing`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

CHECKS = ("assert_close", "assert_allclose", "assert_array_equal")
"""Functions that are asserts in all but name."""


class Lifted(Struct, frozen=True):
    """Code without its asserts, and what becomes of them."""

    code: str
    body: str
    """Statements of a function with one parameter; empty if nothing could be lifted."""
    imports: tuple[str, ...]
    """Import statements that the body needs."""


def lift(code: str, parameter: str, trailing: bool = False) -> Lifted:
    """Lift the asserts at the top level of a program, and the blocks and assignments that serve nothing but
    asserts. Raises SyntaxError."""
    tree = ast.parse(code)
    chosen = [node for node in _chosen(tree, trailing) if _has_own_lines(node, tree)]
    if not any(_proves(node) for node in chosen):
        return Lifted(code, "", ())
    kept = [node for node in tree.body if node not in chosen]
    imported = {name: node for node in tree.body if _is_import(node) for name in _bound(node)}
    local = {name for node in chosen for name in _targets(node)}
    outer = {name for node in kept for name in _bound(node)} - imported.keys() - local
    used = {name for node in chosen for name in _read(node)}
    lines = code.splitlines()
    body = "\n".join(_moved(node, lines, parameter, outer) for node in chosen)
    needed = tuple(_import_of(imported[name], name) for name in imported if name in used)
    left = {name for node in kept if not _is_import(node) for name in _read(node)}
    unused = {name for name in imported if name in used and name not in left}
    return Lifted(_without(code, chosen, kept, unused), body, tuple(dict.fromkeys(needed)))


def _chosen(tree: ast.Module, trailing: bool) -> list[ast.stmt]:
    """The statements to lift: asserts, and the assignments that serve nothing but asserts. With `trailing`
    those that end the program; what only prints may stand between them."""
    chosen = [node for node in tree.body if _proves(node) and not trailing]
    for index in reversed(range(len(tree.body))):
        node = tree.body[index]
        if (trailing and _proves(node)) or _serves_asserts(node, tree.body[index + 1 :], chosen, tree.body):
            chosen.append(node)
        elif trailing and not _prints(node):
            break
    return [node for node in tree.body if node in chosen]


def _serves_asserts(
    node: ast.stmt, after: list[ast.stmt], chosen: list[ast.stmt], body: list[ast.stmt]
) -> bool:
    """Whether a statement only computes what asserts compare with something that stays, and would give the
    same at the end of the program: what it reads does not occur in between, and it draws no numbers."""
    names = set(_targets(node))
    if not names:
        return False
    kept = [other for other in body if other not in chosen and other is not node]
    later = [other for other in after if other not in chosen and not _prints(other)]
    staying = {name for other in kept if not _is_import(other) for name in _bound(other)}
    users = [set(_read(other)) for other in chosen if names & set(_read(other))]
    return (
        not names & {name for other in kept for name in (*_read(other), *_bound(other))}
        and not set(_read(node)) & {name for other in later for name in (*_read(other), *_bound(other))}
        and all(read & (staying - names) for read in users)
        and "rand" not in ast.unparse(node)
    )


def _proves(node: ast.stmt) -> bool:
    """Whether a statement is an assert, or a block of nothing but asserts."""
    if isinstance(node, ast.With | ast.For):
        return not getattr(node, "orelse", None) and all(map(_proves, node.body))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func).endswith(CHECKS)
    return isinstance(node, ast.Assert)


def _prints(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "print"
    )


def _targets(node: ast.stmt) -> list[str]:
    """The names that an assignment to nothing but names binds."""
    if not isinstance(node, ast.Assign):
        return []
    parts = [part for target in node.targets for part in ast.walk(target)]
    if not all(isinstance(part, ast.Name | ast.Tuple | ast.Store) for part in parts):
        return []
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds, those of comprehensions and functions inside it included."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            yield part.id
        elif isinstance(part, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield part.name
        elif isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.alias):
            yield (part.asname or part.name).partition(".")[0]
        elif isinstance(part, ast.ExceptHandler) and part.name:
            yield part.name


def _read(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


def _has_own_lines(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether no other statement shares a line with this one."""
    first, last = node.lineno, node.end_lineno or node.lineno
    return not any(
        other is not node and other.lineno <= last and (other.end_lineno or other.lineno) >= first
        for other in tree.body
    )


def _moved(node: ast.stmt, lines: list[str], parameter: str, outer: set[str]) -> str:
    """A statement with its comments, in which the names of the program come from the parameter."""
    outer = outer - set(_bound(node))
    names = [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in outer
    ]
    text = lines[node.lineno - 1 : node.end_lineno]
    inside = {id(part) for one in ast.walk(node) if isinstance(one, ast.JoinedStr) for part in ast.walk(one)}
    if any(id(name) in inside for name in names):  # whose places Python 3.11 gets wrong
        for name in names:
            name.id = f"{parameter}.{name.id}"
        text = ast.unparse(node).splitlines()
    else:
        for name in sorted(names, key=lambda part: (part.lineno, part.col_offset), reverse=True):
            at = name.lineno - node.lineno
            raw = text[at].encode()
            text[at] = (raw[: name.col_offset] + f"{parameter}.".encode() + raw[name.col_offset :]).decode()
    return "\n".join([*_comments_above(node, lines), *text])


def _comments_above(node: ast.stmt, lines: list[str]) -> list[str]:
    """The lines right above a statement that hold nothing but a comment."""
    first = node.lineno - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return lines[first : node.lineno - 1]


def _import_of(node: ast.stmt, name: str) -> str:
    """The part of an import statement that binds a name."""
    assert isinstance(node, ast.Import | ast.ImportFrom)
    names = [one for one in node.names if (one.asname or one.name).partition(".")[0] == name]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(names))
    return ast.unparse(ast.ImportFrom(node.module, names, node.level))


def _without(code: str, chosen: list[ast.stmt], kept: list[ast.stmt], unused: set[str]) -> str:
    """The code without some statements and their comments, and without imports of unused names."""
    lines: list[str | None] = [*code.splitlines()]
    text = code.splitlines()
    for node in chosen:
        first = node.lineno - 1 - len(_comments_above(node, text))
        lines[first : node.end_lineno] = [None] * ((node.end_lineno or node.lineno) - first)
    for node in kept:
        if isinstance(node, ast.Import | ast.ImportFrom) and set(_bound(node)) & unused:
            names = [one for one in node.names if (one.asname or one.name).partition(".")[0] not in unused]
            lines[node.lineno - 1 : node.end_lineno] = [None] * ((node.end_lineno or 0) - node.lineno + 1)
            if names:
                node.names = names
                lines[node.lineno - 1] = ast.unparse(node)
    left = "\n".join(line for line in lines if line is not None)
    return re.sub(r"\n{4,}", "\n\n\n", left).strip("\n") + "\n"
