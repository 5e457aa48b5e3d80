"""What came of importing notes, as blocks: a line for each block of code, below the draft that holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from kb import BlockReport, Draft, ImportReport, NoteReport, Verdict
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Gap, Heading, Prose
from pycli.terminal.import_labels import language, rule, said, verdict
from pycli.terminal.output import Screen

INDENT = "    "

USES = 6
"""Most blocks that are named as those that a block comes after."""


def import_page(report: ImportReport, screen: Screen) -> Iterator[Block]:
    """The report on each note, then the totals."""
    for note in report.notes:
        yield from _note(note, screen)
    languages = screen.languages[:1]
    counts = {verdict(name, languages): count for name, count in report.totals.items()}
    yield Heading(said("blocks", languages).format(count=report.total, tally=_tally(counts, languages)))
    states = Counter(said(draft.state, languages) for note in report.notes for draft in note.drafts)
    if states:
        yield Heading(said("drafts", languages).format(count=states.total(), tally=_tally(states, languages)))


def _tally(counts: Mapping[str, int], languages: texts.Languages) -> str:
    """How many there are of each, in one line."""
    joint, comma = (" ", "，") if languages == ("zh",) else (": ", ", ")
    return comma.join(f"{name}{joint}{count}" for name, count in counts.items())


def _note(note: NoteReport, screen: Screen) -> Iterator[Block]:
    languages = screen.languages[:1]
    yield Heading(_literal(note.path), "id")
    drafts = {draft.line: draft for draft in note.drafts}
    sections: dict[int, str] = {left.line: left.title for left in note.left}
    sections |= {draft.line: draft.title for draft in note.drafts}
    starts = sorted(sections)
    for start, end in zip(starts, [*starts[1:], 1 << 31], strict=False):
        blocks = [block for block in note.blocks if start <= block.line < end]
        if start in drafts:
            yield from _draft(drafts[start], screen)
        elif blocks:
            yield Prose(f"**{_literal(sections[start])}**  {said('no_draft', languages)}", tight=True)
        for block in blocks:
            yield from _block(note.path, block, screen)
        if start in drafts or blocks:
            yield Gap()
    bare = [
        f"{left.line} {_literal(left.title)}" for left in note.left if not _holds(note, left.line, starts)
    ]
    if bare:
        yield Prose(f"{said('no_code', languages)}{texts.listed(bare)}", style="dim")
    for secret in note.secrets:
        line = (
            f"{_literal(note.path)}:{secret.line}  {said('secret_line', languages).format(kind=secret.kind)}"
        )
        yield Prose(line, style="warn", tight=True)
    if note.secrets:
        yield Gap()


def _holds(note: NoteReport, start: int, starts: list[int]) -> bool:
    """Whether the section that begins at a line has a block of code."""
    end = next((other for other in starts if other > start), 1 << 31)
    return any(start <= block.line < end for block in note.blocks)


def _draft(draft: Draft, screen: Screen) -> Iterator[Block]:
    languages = screen.languages[:1]
    state = "" if draft.state == "written" else f"  {said(draft.state, languages)}"
    yield Prose(f"**{_literal(draft.title)}**  `{draft.category}/{draft.id}`{state}", tight=True)
    if draft.answered:
        names = texts.listed(f"`{id}`" for id in draft.answered)
        yield Prose(f"{said('answered', languages)}{names}", indent=INDENT, tight=True)
    if draft.problems:
        counts = Counter(problem.code for problem in draft.problems)
        told = texts.listed(f"{rule(code, languages)} × {count}" for code, count in sorted(counts.items()))
        yield Prose(f"{said('check', languages)}{told}", style="dim", indent=INDENT, tight=True)


def _block(path: str, block: BlockReport, screen: Screen) -> Iterator[Block]:
    """What is to be said of a block: the verdict in the first line, the rest below it."""
    languages = screen.languages[:1]
    bad = block.verdict not in (Verdict.runs, Verdict.other, Verdict.not_run)
    reason = "" if block.verdict is Verdict.secret else _reason(block, screen)
    first = f"{_literal(path)}:{block.line}  **{verdict(block.verdict, languages)}**{reason}"
    yield Prose(first, style="warn" if bad else "", indent="  ", tight=True)
    more = [
        said("unclosed", languages) if block.unclosed else "",
        said("explained", languages).format(id=block.explained) if block.explained else "",
        *(_replaced(one.line, one.name, one.instead, one.removed, languages) for one in block.replaced),
    ]
    if block.verdict in (Verdict.runs, Verdict.outdated):
        after = [*map(str, block.uses[-USES:])]
        after = [f"… +{len(block.uses) - USES}", *after] if len(block.uses) > USES else after
        some = "after" if len(block.uses) > 1 else "after_one"
        more += [said(some, languages).format(lines=texts.listed(after))] if after else []
        more += [said("added", languages).format(imports="; ".join(block.added))] if block.added else []
    for line in filter(None, more):
        yield Prose(_literal(line), style="dim", indent=INDENT, tight=True)


def _reason(block: BlockReport, screen: Screen) -> str:
    """Why, with the line it is about; the language of what is not Python."""
    if not block.reason:
        return ""
    if block.verdict is Verdict.other:
        what = language(block.reason, screen.languages[:1])
        return f"（{what}）" if screen.languages[0] == "zh" else f" ({what})"
    shown = block.at and block.verdict is not Verdict.blocked  # whose reason names the line itself
    joint = "：" if screen.languages[0] == "zh" else ": "
    place = said("on_line", screen.languages[:1]).format(line=block.at) if shown else ""
    return f"{joint}{place}{_literal(screen.say(block.reason))}"


def _replaced(line: int, name: str, instead: str, removed: bool, languages: texts.Languages) -> str:
    place = said("on_line", languages).format(line=line) if line else ""
    if not name:
        return f"{place}{instead}"
    return place + said("gone" if removed else "old", languages).format(name=name, instead=instead)


def _literal(text: str) -> str:
    """A text in which nothing is taken for Markdown."""
    return " ".join(text.replace("`", "'").replace("**", "* *").split())
