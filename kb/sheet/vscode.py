"""Entries as snippets of VS Code: a `.code-snippets` file, which the user or a project may have."""

from __future__ import annotations

import json
import re
from typing import Any

from kb.content.entry import Entry
from kb.sheet.content import Sheet
from kb.sheet.prose import bare


def snippets(sheet: Sheet) -> bytes:
    """The JSON of the file: the answer of each entry, and each of its snippets that raises nothing."""
    made: dict[str, Any] = {}
    for entry in sheet.entries:
        summary = " · ".join(map(bare, sheet.said(entry.summary)))
        if entry.answer:
            made[entry.id] = _snippet([entry.id, *_typed(entry)], entry.answer, summary)
        for snippet in entry.snippets:
            if snippet.raises:
                continue
            title = sheet.joined(snippet.title) if snippet.title else sheet.joined(entry.title)
            name = f"{entry.id}-{snippet.name}"
            made[f"{entry.id}: {snippet.name}"] = _snippet([name], snippet.code, title)
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode()


def escaped(code: str) -> str:
    """Code as the body of a snippet, in which a dollar begins a place to fill in."""
    return re.sub(r"[\\$}]", r"\\\g<0>", code)


def _snippet(prefixes: list[str], code: str, description: str) -> dict[str, Any]:
    return {
        "scope": "python",
        "prefix": prefixes,
        "body": [escaped(line) for line in code.rstrip("\n").split("\n")],
        "description": description,
    }


def _typed(entry: Entry) -> list[str]:
    """Names that somebody can type without a blank, which would end the word that the editor completes."""
    names = (entry.title.zh, *entry.aliases)
    return [name for name in dict.fromkeys(names) if name != entry.id and not re.search(r"\s", name)]
