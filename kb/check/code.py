"""Rules about code: that it is short, stands alone, and proves something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from kb.check.rule import Finding, rule
from kb.content.entry import Entry
from kb.content.shelf import Shelf

CODE_LINES, CODE_COLUMNS = 40, 88


@rule("E110")
def snippets_are_named_and_titled(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The first snippet is called `default`, names differ, and each of several snippets has a title."""
    names = [snippet.name for snippet in entry.snippets]
    if names[0] != "default":
        yield Finding("the first snippet must be called 'default'", "snippets.0.name")
    for i, snippet in enumerate(entry.snippets):
        if names.index(snippet.name) != i:
            yield Finding(f"snippet name '{snippet.name}' is used twice", f"snippets.{i}.name")
        if len(names) > 1 and snippet.title is None:
            yield Finding(f"snippet '{snippet.name}' needs a title", f"snippets.{i}")


@rule("E111")
def code_fits_a_screen(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet has at most 40 lines of at most 88 columns."""
    for i, snippet in enumerate(entry.snippets):
        lines = snippet.code.splitlines()
        if len(lines) > CODE_LINES:
            message = f"{len(lines)} lines of code, at most {CODE_LINES}; split the snippet"
            yield Finding(message, f"snippets.{i}.code")
        for number, line in enumerate(lines, 1):
            if len(line) > CODE_COLUMNS:
                message = f"{len(line)} columns, at most {CODE_COLUMNS}; break the line"
                yield Finding(message, f"snippets.{i}.code", number)


@rule("E112")
def code_is_python_that_stands_alone(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet is valid Python and runs without ptnote."""
    for i, snippet in enumerate(entry.snippets):
        place = f"snippets.{i}.code"
        try:
            tree = _parsed(snippet.code)
        except SyntaxError as error:
            yield Finding(f"not Python: {error.msg}", place, error.lineno or 0)
            continue
        for node in ast.walk(tree):
            for name in _imported(node):
                if name.split(".")[0] in ("kb", "pycli", "ptnote"):
                    message = f"imports {name}: a snippet must run without ptnote"
                    yield Finding(message, place, getattr(node, "lineno", 0))


@lru_cache(maxsize=16)
def _parsed(code: str) -> ast.Module:
    """The syntax tree of a snippet, which several rules look at. Raises SyntaxError."""
    return ast.parse(code)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


@rule("E113")
def code_proves_something(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet asserts its point, or raises what it says it raises."""
    for i, snippet in enumerate(entry.snippets):
        if snippet.raises or "assert" in snippet.code:
            continue
        yield Finding(f"snippet '{snippet.name}' asserts nothing; prove its point", f"snippets.{i}.code")


@rule("E114")
def asserts_can_fail(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """No assert is on a constant or a tuple, which is always true."""
    for i, snippet in enumerate(entry.snippets):
        try:
            tree = _parsed(snippet.code)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant | ast.Tuple):
                yield Finding("this assert cannot fail", f"snippets.{i}.code", node.lineno)
