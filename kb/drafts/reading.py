"""A note that has been read: its sections, and what is known of its blocks without running them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, structs

from kb.drafts.code import Code, code_of
from kb.drafts.language import PYTHON
from kb.drafts.markdown import Block, Section, sections_of
from kb.drafts.note import Note
from kb.drafts.secrets import secrets_in


class Reading(Struct, frozen=True):
    """A note, parsed."""

    note: Note
    sections: list[Section]
    codes: list[tuple[Code, ...]]
    """Those of the blocks of each section."""
    secrets: dict[int, str]
    """The lines that look as if they held a secret, with its kind. No section and no code has their text."""

    def holds_secret(self, block: Block) -> bool:
        """Whether a secret stands in a block, or in the line of its fence."""
        return any(line in self.secrets for line in range(block.line, block.end + 1))

    def programs(self) -> Iterator[tuple[Block, Code]]:
        """The blocks that can be run."""
        for section, codes in zip(self.sections, self.codes, strict=True):
            yield from (pair for pair in zip(section.blocks, codes, strict=True) if pair[1].is_program)

    def imports(self) -> dict[str, tuple[str, int]]:
        """The names that some block imports, each with a statement that does, and the line of the block."""
        known: dict[str, tuple[str, int]] = {}
        for block, code in self.programs():
            for name, statement in code.imports.items():
                known.setdefault(name, (statement, block.line))
        return known


def read(note: Note) -> Reading:
    """Parse a note. Raises BadFile, and MissingExtra if there is nothing that finds secrets."""
    blocks = [block for section in sections_of(note) for block in section.blocks]
    codes = {block.line: code_of(block) for block in blocks}
    python = {
        line
        for block in blocks
        if codes[block.line].language == PYTHON
        for line in range(block.line, block.end + 1)
    }
    secrets = secrets_in(note.lines, python)
    if secrets_in([note.title, *note.tags], ()):
        note = structs.replace(note, title="", tags=())
    sections = [_without(section, secrets) for section in sections_of(note, secrets)]
    for block in blocks:
        if any(line in secrets for line in range(block.line, block.end + 1)):
            known = codes[block.line].language == PYTHON
            codes[block.line] = Code(text="", lines=(), language=PYTHON if known else "text")
    return Reading(
        note, sections, [tuple(codes[block.line] for block in one.blocks) for one in sections], secrets
    )


def _without(section: Section, secrets: dict[int, str]) -> Section:
    """A section whose blocks with secrets are empty."""
    blocks = tuple(
        structs.replace(block, code="", info="")
        if any(line in secrets for line in range(block.line, block.end + 1))
        else block
        for block in section.blocks
    )
    return structs.replace(section, blocks=blocks)
