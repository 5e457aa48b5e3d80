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
