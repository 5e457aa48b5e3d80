"""The sections of a note that were tried → the files of drafts, and what is to be said of each block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kb.content.shelf import Shelf
from kb.drafts import draft as content
from kb.drafts import writing
from kb.drafts.draft import Tried
from kb.drafts.guess import DRAFT, Guesser, free_id
from kb.drafts.reading import Reading
from kb.drafts.report import BlockReport, Draft, Left, NoteReport, Secret, Verdict
from kb.drafts.trial import Trial
from kb.library import Library

EXPLAINED = (Verdict.fails, Verdict.outdated, Verdict.device)
"""Verdicts whose error is explained as `ptnote why` does."""

SEE_ALSO = 5
"""How many entries a draft names to read next."""


class Maker:
    """Writes the drafts of notes into one folder of entries, and knows which ids are taken there."""

    def __init__(self, library: Library, root: Path, visible: bool, force: bool) -> None:
        """`visible` says whether every command shows the folder, so that its entries may refer to others."""
        self._library, self._root, self._visible, self._force = library, root, visible, force
        # what lies there already must not change what is guessed, or a second import would differ
        others = [folder for folder in library.shelf.folders if folder.root.resolve() != root.resolve()]
        self._guess = Guesser(Library(Shelf(others)) if others != library.shelf.folders else library)
        self._there = Library.load(root).heads if root.is_dir() else {}
        self._used: set[str] = set()

    def note(self, reading: Reading, tried: Sequence[Tried]) -> NoteReport:
        """Write the drafts of a note. Raises BadFile if one cannot be written."""
        blocks: list[BlockReport] = []
        drafts: list[Draft] = []
        left: list[Left] = []
        for one in tried:
            made = self._draft(reading, one) if one.snippets else None
            drafts += [made] if made else []
            if not made and (one.section.text or one.section.blocks):
                left.append(Left(one.section.line, one.section.title))
            blocks += self._blocks(one, made)
        return NoteReport(
            path=reading.note.path,
            blocks=tuple(blocks),
            drafts=tuple(drafts),
            left=tuple(left),
            secrets=tuple(Secret(line, kind) for line, kind in sorted(reading.secrets.items())),
        )

    def _draft(self, reading: Reading, tried: Tried) -> Draft:
        note, section = reading.note, tried.section
        title = content.title_of(section, note.title or note.stem)
        name = Path(note.path).name
        id = free_id(title, f"{note.stem}-{section.line}", lambda wanted: self._taken(wanted, name))
        self._used.add(id)
        code = "\n".join(tried.codes[number].text for number in tried.snippets)
        category = self._there[id].category if id in self._there else self._guess.category(title, code)
        tags = self._guess.tags(title, section.text, note.tags)
        answers = [self._guess.answer([title], code)]
        answers += [self._guess.answer(*self._question(tried, number)) for number in tried.snippets]
        answered = list(dict.fromkeys(filter(None, answers)))
        see_also = answered[:SEE_ALSO] if self._visible else []
        path = self._root / category / f"{id}.yaml"
        written = writing.yaml_of(content.content_of(tried, title, tags, see_also, note.path))
        return Draft(
            id=id,
            category=category,
            path=str(path),
            title=title,
            line=section.line,
            state=writing.write_draft(path, written, self._force),
            tags=tags,
            answered=tuple(answered),
        )

    @staticmethod
    def _question(tried: Tried, number: int) -> tuple[list[str], str]:
        """What a block seems to answer, the best guess first, and its code."""
        lead = tried.section.blocks[number].lead
        return [*([lead] if lead else []), tried.section.title], tried.codes[number].text

    def _taken(self, id: str, name: str) -> bool:
        """Whether an id belongs to another entry; a draft of the same note may be written again."""
        if id in self._used:
            return True
        known = self._there.get(id) or self._library.heads.get(id)
        if known:
            return DRAFT not in known.tags or not self._is_own(known.path, name)
        return self._library.resolve(id) is not None or any(self._root.glob(f"*/{id}.*"))

    @staticmethod
    def _is_own(path: str, name: str) -> bool:
        """Whether a draft says that it comes from a note of this name."""
        try:
            return content.source_name(name) in Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return False

    def _blocks(self, tried: Tried, draft: Draft | None) -> Iterator[BlockReport]:
        for number, (block, code, trial) in enumerate(
            zip(tried.section.blocks, tried.codes, tried.trials, strict=True)
        ):
            kept = draft is not None and trial.verdict is not Verdict.secret and bool(block.code.strip())
            program = trial.program
            yield BlockReport(
                line=block.line,
                end=block.end,
                section=tried.section.title,
                language=code.language,
                verdict=trial.verdict,
                reason=trial.reason,
                at=trial.at,
                names=trial.names,
                replaced=trial.replaced,
                explained=self._explained(trial),
                uses=tuple(tried.section.blocks[n].line for n in program.uses) if program else (),
                added=program.added if program else (),
                answered=self._guess.answer(*self._question(tried, number))
                if number in tried.snippets
                else "",
                draft=draft.id if draft and kept else "",
                snippet=tried.snippets.get(number, ""),
                unclosed=block.unclosed,
            )

    def _explained(self, trial: Trial) -> str:
        """The id of the entry that explains why a block stops."""
        if trial.verdict not in EXPLAINED or not trial.stderr:
            return ""
        found = self._library.why(trial.stderr)
        return found.entry.id if found and found.entry else ""
