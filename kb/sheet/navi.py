"""Entries as a cheatsheet of navi: commands that print code.

A line that begins with one of the marks of navi would be taken for another kind of line, and `<name>` for a
question to the user. So the code stands in a here-document, two blanks before each line, and sed takes them
away; where the code holds such a name, sed puts its bracket back, too.
"""

from __future__ import annotations

import re

from kb.content.entry import Entry
from kb.sheet.content import Sheet
from kb.sheet.prose import one_line

_VARIABLE = re.compile(r"<(?=\w[\w-]*>)")
"""What begins a question of navi to the user."""

_STAND_INS = "‹«⟨❬"
"""What may stand for a bracket, if the code itself does not have it."""


def cheats(sheet: Sheet) -> bytes:
    """The text of a `.cheat` file: of each entry the answer, and each of its snippets that raises nothing."""
    sections = []
    for entry in sheet.entries:
        lines = [f"% {', '.join(_tags(entry))}"]
        title = sheet.joined(entry.title)
        if entry.answer:
            lines += ["", f"# {title}", printing(entry.answer)]
        for snippet in entry.snippets:
            if not snippet.raises:
                what = sheet.joined(snippet.title) if snippet.title else snippet.name
                lines += ["", f"# {title}: {what}", printing(snippet.code)]
        sections.append("\n".join(lines))
    return ("\n\n".join(sections) + "\n").encode()


def printing(code: str) -> str:
    """A command that prints the code."""
    lines = code.rstrip("\n").split("\n")
    end = "PYTHON"
    while end in lines:
        end += "_"
    program = "s/^  //"
    if _VARIABLE.search(code):
        stand_in = next(one for one in _STAND_INS if one not in code)
        lines = [_VARIABLE.sub(stand_in, line) for line in lines]
        program += f"; s/{stand_in}/</g"
    body = "\n".join(f"  {line}" if line else "" for line in lines)
    return f"sed '{program}' <<'{end}'\n{body}\n{end}"


def _tags(entry: Entry) -> list[str]:
    """A comma would begin another tag."""
    tags = ("pytorch", entry.category, entry.id, *entry.tags)
    return [one_line(tag).replace(",", " ") for tag in dict.fromkeys(tags)]
