"""Entries as cheatsheets of cheat: a file for each, named after it, for a folder of cheatsheets."""

from __future__ import annotations

import json
from collections.abc import Iterable

from kb.content.entry import Entry
from kb.sheet.content import Sheet
from kb.sheet.prose import bare, one_line


def sheets(sheet: Sheet) -> dict[str, bytes]:
    """The files by their names: the syntax and the tags in front, then comments and code."""
    return {entry.id: _file(sheet, entry).encode() for entry in sheet.entries}


def _file(sheet: Sheet, entry: Entry) -> str:
    tags = dict.fromkeys(("pytorch", entry.category, *entry.tags))
    front = f"---\nsyntax: python\ntags: {json.dumps([*tags], ensure_ascii=False)}\n---\n"
    blocks = [_comment([sheet.joined(entry.title), *map(bare, sheet.said(entry.summary))])]
    if entry.answer:
        blocks[0] += entry.answer.rstrip("\n")
    if entry.pitfalls:
        told = (bare(said) for pitfall in entry.pitfalls for said in sheet.said(pitfall))
        blocks.append(_comment(f"! {said}" for said in told).rstrip("\n"))
    for snippet in entry.snippets:
        title = sheet.joined(snippet.title) if snippet.title else snippet.name
        said = [title, *([one_line(snippet.raises)] if snippet.raises else [])]
        blocks.append(_comment(said) + snippet.code.rstrip("\n"))
    return front + "\n\n".join(blocks) + "\n"


def _comment(lines: Iterable[str]) -> str:
    return "".join(f"# {line}\n" for line in lines)
