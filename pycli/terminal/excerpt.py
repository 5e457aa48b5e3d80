"""Parts of code that say enough where the whole has no room."""

from __future__ import annotations

from pycli.terminal.blocks import Block, Code, Gap, Row, rows
from pycli.terminal.wrap import columns


def fitted(code: str, told: str, width: int, room: int) -> list[Block]:
    """Code in at most `room` rows of a terminal; where it is cut, `told` says how many `{count}` lines more
    there are."""
    whole = Code(code)
    if rows([whole], width) <= room:
        return [whole]
    lines = code.rstrip("\n").split("\n")
    count, room = 0, room - 3  # the empty line below the code, what tells of the cut, and another empty line
    while count < len(lines) and room >= (size := max(1, -(-columns(lines[count]) // width))):
        room -= size
        count += 1
    while count and not lines[count - 1].strip():
        count -= 1
    shown: list[Block] = [Code("\n".join(lines[:count]))] if count else []
    return [*shown, Row(told.replace("{count}", str(len(lines) - count)), style="warn"), Gap()]


def without_checks(code: str) -> str:
    """Code without its asserts, and without what stands there for them alone."""
    import ast

    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    lines: list[str | None] = [*code.splitlines()]
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and _checks(statement):
            end = statement.end_lineno or statement.lineno
            lines[statement.lineno - 1 : end] = [None] * (end - statement.lineno + 1)
    kept = [line for line in lines if line is not None]
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept) + "\n"


def _checks(statement: object) -> bool:
    """Whether a statement does nothing but compare results with what is expected."""
    import ast

    if isinstance(statement, ast.For | ast.With):
        return all(map(_checks, statement.body))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = ast.unparse(statement.value.func)
        return called.rpartition(".")[2].startswith("assert_")
    return isinstance(statement, ast.Assert)
