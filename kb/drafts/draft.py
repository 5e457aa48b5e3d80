"""A section of a note and what came of its blocks → the content of an entry file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.entry import FORMAT, Language
from kb.drafts import prose
from kb.drafts.code import Code
from kb.drafts.guess import slug
from kb.drafts.language import PYTHON
from kb.drafts.markdown import TITLE, Section
from kb.drafts.packages import THERE, package_of
from kb.drafts.report import Verdict
from kb.drafts.trial import Trial
from kb.text.controls import visible

RESERVED = ("answer", "raises", "in-ranks", "proofs")
"""What no snippet is called, because a proof could not tell what that is."""


class Tried(Struct, frozen=True, kw_only=True):
    """A section with all that is known of its blocks."""

    section: Section
    codes: tuple[Code, ...]
    trials: tuple[Trial, ...]

    @property
    def snippets(self) -> dict[int, str]:
        """The blocks that become snippets, by number, each with its name."""
        numbers = [n for n, trial in enumerate(self.trials) if _is_snippet(self.codes[n], trial)]
        names: dict[int, str] = {}
        for place, number in enumerate(numbers):
            wanted = slug(self.section.blocks[number].lead) if place else "default"
            if not wanted or wanted in (*names.values(), *RESERVED) or (place and wanted == "default"):
                wanted = f"part-{place + 1}"
            names[number] = wanted
        return names


def _is_snippet(code: Code, trial: Trial) -> bool:
    return code.language == PYTHON and trial.verdict not in (Verdict.secret, Verdict.other)


def content_of(
    tried: Tried, title: str, tags: Sequence[str], see_also: Sequence[str], source: str
) -> dict[str, Any]:
    """What the file of a draft holds. `source` is the file of the note."""
    section = tried.section
    spoken = prose.language_of(section.title, section.text)
    where = _where(Path(source).name, section.line, spoken)
    text = _explanation(tried, spoken)
    summary = prose.summary_of(section.text, spoken) or where
    content: dict[str, Any] = {
        "format": FORMAT,
        "title": _said(title),
        "summary": _said(summary),
        "tags": list(tags),
        "explain": _said(f"{text}\n\n{where}\n" if text else f"{where}\n"),
        "snippets": [_snippet(tried, number, name) for number, name in tried.snippets.items()],
        "see_also": list(see_also),
    }
    if len(content["snippets"]) == 1:
        content["snippets"][0].pop("title")
    return {key: value for key, value in content.items() if value}


def title_of(section: Section, fallback: str) -> str:
    """The title of a draft."""
    return prose.cut(prose.mended(section.title or fallback), TITLE)


def _said(text: str) -> dict[Language, str]:
    made = prose.mended(text) if not text.endswith("\n") else text
    return {prose.language_of(made): made}


def source_name(name: str) -> str:
    """How a draft names the file that it comes from."""
    return f"`{visible(name).replace('`', '')}`"


def _where(name: str, line: int, language: Language) -> str:
    name = source_name(name)
    return f"摘自 {name} 第 {line} 行。" if language == "zh" else f"From {name}, line {line}."


def _explanation(tried: Tried, spoken: Language) -> str:
    """The text of a section, with its blocks that are no snippets where they stood."""
    parts = []
    for piece in tried.section.pieces:
        if isinstance(piece, str):
            parts.append(prose.mended(piece, spoken))
            continue
        trial, block = tried.trials[piece], tried.section.blocks[piece]
        if trial.verdict is Verdict.other and block.code.strip():
            said = tried.codes[piece].language
            plain = said == "text" and not block.fenced
            parts.append(
                prose.mended(block.code.rstrip(), spoken) if plain else prose.fenced(block.code, said)
            )
    return "\n\n".join(parts)


def _snippet(tried: Tried, number: int, name: str) -> dict[str, Any]:
    block, trial = tried.section.blocks[number], tried.trials[number]
    text = trial.program.text if trial.program else tried.codes[number].text
    spoken = prose.language_of(tried.section.title, tried.section.text)
    lead = block.lead or _comment(tried.codes[number].text)
    lead = lead or (f"第 {block.line} 行的代码" if spoken == "zh" else f"The code on line {block.line}")
    made: dict[str, Any] = {
        "name": name,
        "title": _said(prose.cut(prose.mended(lead), TITLE)),
        "code": visible(text.strip("\n")) + "\n",
        "output": visible(trial.output),
        "requires": _requires(trial, tried.codes[number]),
    }
    return {key: value for key, value in made.items() if value}


def _comment(code: str) -> str:
    """The comment that a program begins with, if that is short enough for a title."""
    first = code.lstrip("\n").partition("\n")[0]
    text = first.lstrip("# ").rstrip(" :：") if first.startswith("#") else ""
    return text if 1 < len(text) <= TITLE else ""


def _requires(trial: Trial, code: Code) -> dict[str, Any]:
    """What a snippet needs beyond torch and numpy, as far as that is known."""
    statements = [*code.imports.values(), *(trial.program.added if trial.program else ())]
    modules = [statement.split()[1].partition(".")[0] for statement in statements]
    packages = [package_of(module) for module in modules if module not in THERE]
    if trial.verdict is Verdict.package:
        packages += [name for name in trial.names if package_of(name) is not None or "-" in name]
    made: dict[str, Any] = {"packages": sorted({package for package in packages if package})}
    if trial.verdict is Verdict.device:
        made["device"] = "cuda"
    return {key: value for key, value in made.items() if value}
