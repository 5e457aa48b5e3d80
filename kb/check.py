"""The rules of the entry format, beyond what the types already say.

A rule is a function of a few lines, `Entry → Iterator[Problem]`, marked with a stable code: E for
what fails a check, S for what is only suggested. E0xx come from the loader. STYLE.md has the
reasons and the examples.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from kb import device, folder, sources
from kb.load import Library
from kb.model import LANGUAGES, Entry, Language, Problem, Severity, Text
from kb.names import normalize, suggest

ID_LIMIT, TITLE_LIMIT, SUMMARY_LIMIT = 32, 60, 120
CODE_LINES, CODE_COLUMNS = 40, 88
EXPLAIN_WORDS, EXPLAIN_CHARACTERS = (40, 200), (60, 400)
"""Fewest and most English words, Chinese characters, in `explain`."""


class Finding(Struct, frozen=True):
    """What a rule says: a message, and the dotted place in the entry that it is about."""

    message: str
    place: str = ""
    offset: int = 0
    """Lines below the place."""


Rule = Callable[[Entry, Library], Iterable[Finding]]
RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule under its code."""

    def register(function: Rule) -> Rule:
        assert code not in RULES, code
        RULES[code] = function
        return function

    return register


def check(library: Library, ids: Iterable[str] | None = None, apis: bool = True) -> Iterator[Problem]:
    """All findings, file by file. With `ids`, only those entries; `apis=False` leaves out the one
    rule that needs torch (in a child process)."""
    chosen = list(library.heads) if ids is None else list(ids)
    if ids is None:
        yield from library.problems
        yield from _strays(library)
    entries = [library.entry(id) for id in chosen]
    for entry in entries:
        for code, function in RULES.items():
            severity = Severity.suggests if code.startswith("S") else Severity.fails
            for finding in function(entry, library):
                yield _problem(entry, code, severity, finding)
    if apis:
        yield from unresolved_apis(entries)


def _problem(entry: Entry, code: str, severity: Severity, finding: Finding) -> Problem:
    place = finding.place
    while place and place not in entry.lines:
        place = place.rpartition(".")[0]
    line = entry.lines.get(place, 1) + finding.offset
    return Problem(code=code, path=entry.path, line=line, message=finding.message, severity=severity)


def _strays(library: Library) -> Iterator[Problem]:
    for one in library.folders:
        for path in folder.stray_files(one.root):
            message = "does not belong here; entries stand at <category>/<id>.yaml"
            yield Problem(code="E011", path=str(path), line=1, message=message)


def unresolved_apis(entries: list[Entry]) -> Iterator[Problem]:
    """E120: API names that the installed torch does not have; one suggestion if there is no torch."""
    wanted = {name: None for entry in entries for name in entry.api}
    unknown = device.unresolved(tuple(wanted))
    if unknown is None:
        if entries:
            message = "API names were not checked: torch is not installed; pip install torch"
            severity = Severity.suggests
            yield Problem(code="S120", path=entries[0].path, line=1, message=message, severity=severity)
        return
    for entry in entries:
        for i, name in enumerate(entry.api):
            if name in unknown:
                finding = Finding(f"{name} does not resolve in torch; correct or drop it", f"api.{i}")
                yield _problem(entry, "E120", Severity.fails, finding)


# Names


@rule("E101")
def id_is_kebab_case(entry: Entry, library: Library) -> Iterator[Finding]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id) or len(entry.id) > ID_LIMIT:
        yield Finding(f"id '{entry.id}' must be kebab-case, at most {ID_LIMIT} characters")


@rule("E102")
def category_is_known(entry: Entry, library: Library) -> Iterator[Finding]:
    if entry.layer == "built-in":
        from kb import categories

        if entry.category not in categories.names():
            near = suggest(entry.category, categories.names())
            yield Finding(f"unknown category '{entry.category}'; did you mean {near or 'another'}?")


@rule("E103")
def names_are_unique(entry: Entry, library: Library) -> Iterator[Finding]:
    own = {normalize(entry.id), normalize(entry.title.en), normalize(entry.title.zh)}
    seen: set[str] = set()
    for i, alias in enumerate(entry.aliases):
        name = normalize(alias)
        if not name:
            yield Finding(f"alias '{alias}' is only punctuation", f"aliases.{i}")
        elif name in own or name in seen:
            yield Finding(f"alias '{alias}' repeats the id, a title or another alias", f"aliases.{i}")
        seen.add(name)
    for id, head in library.heads.items():
        if id != entry.id:
            taken = {normalize(alias) for alias in head.aliases} | {id}
            for i, alias in enumerate(entry.aliases):
                if normalize(alias) in taken:
                    yield Finding(f"alias '{alias}' also names '{id}'; keep it in one", f"aliases.{i}")


@rule("E104")
def references_exist(entry: Entry, library: Library) -> Iterator[Finding]:
    for i, other in enumerate(entry.see_also):
        if other == entry.id or other not in library.heads:
            near = ", ".join(suggest(other, library.heads)) or "see: ptnote list"
            yield Finding(f"see_also '{other}' is no other entry; {near}", f"see_also.{i}")


@rule("E105")
def topics_exist(entry: Entry, library: Library) -> Iterator[Finding]:
    root = next(one.root for one in library.folders if entry.id in one.heads)
    if entry.covers and (root / "sources.yaml").is_file():
        known = [topic.id for topic in sources.load(root).topics]
        for i, topic in enumerate(entry.covers):
            if topic not in known:
                near = ", ".join(suggest(topic, known)) or "see: ptnote sources"
                yield Finding(f"covers '{topic}', which sources.yaml does not list; {near}", f"covers.{i}")


@rule("E106")
def tags_are_kebab_case(entry: Entry, library: Library) -> Iterator[Finding]:
    for i, tag in enumerate(entry.tags):
        if normalize(tag) != tag:
            yield Finding(f"tag '{tag}' must be lower-case words joined by '-'", f"tags.{i}")


# Snippets


@rule("E110")
def snippets_are_named_and_titled(entry: Entry, library: Library) -> Iterator[Finding]:
    names = [snippet.name for snippet in entry.snippets]
    if names[0] != "default":
        yield Finding("the first snippet must be called 'default'", "snippets.0.name")
    for i, snippet in enumerate(entry.snippets):
        if names.index(snippet.name) != i:
            yield Finding(f"snippet name '{snippet.name}' stands here twice", f"snippets.{i}.name")
        if len(names) > 1 and snippet.title is None:
            yield Finding(f"snippet '{snippet.name}' needs a title", f"snippets.{i}")


@rule("E111")
def code_fits_a_screen(entry: Entry, library: Library) -> Iterator[Finding]:
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
def code_is_python_that_stands_alone(entry: Entry, library: Library) -> Iterator[Finding]:
    for i, snippet in enumerate(entry.snippets):
        place = f"snippets.{i}.code"
        try:
            tree = ast.parse(snippet.code)
        except SyntaxError as error:
            yield Finding(f"not Python: {error.msg}", place, error.lineno or 0)
            continue
        for node in ast.walk(tree):
            for name in _imported(node):
                if name.split(".")[0] in ("kb", "pycli", "ptnote"):
                    message = f"imports {name}: a snippet must run without ptnote"
                    yield Finding(message, place, getattr(node, "lineno", 0))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


@rule("E113")
def code_proves_something(entry: Entry, library: Library) -> Iterator[Finding]:
    for i, snippet in enumerate(entry.snippets):
        if snippet.raises or "assert" in snippet.code:
            continue
        yield Finding(f"snippet '{snippet.name}' asserts nothing; prove its point", f"snippets.{i}.code")


@rule("E114")
def asserts_can_fail(entry: Entry, library: Library) -> Iterator[Finding]:
    for i, snippet in enumerate(entry.snippets):
        try:
            tree = ast.parse(snippet.code)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant | ast.Tuple):
                yield Finding("this assert cannot fail", f"snippets.{i}.code", node.lineno)


# Languages


def _texts(entry: Entry) -> Iterator[tuple[str, Text]]:
    """Every bilingual text of an entry with its place."""
    yield from (("title", entry.title), ("summary", entry.summary), ("explain", entry.explain))
    for i, pitfall in enumerate(entry.pitfalls):
        yield f"pitfalls.{i}", pitfall
    for i, snippet in enumerate(entry.snippets):
        if snippet.title:
            yield f"snippets.{i}.title", snippet.title
    for i, correction in enumerate(entry.corrections):
        yield f"corrections.{i}", correction.text


def _language_texts(entry: Entry, language: Language) -> Iterator[tuple[str, str]]:
    for place, text in _texts(entry):
        yield f"{place}.{language}", text.get(language)


_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@rule("E201")
def english_is_english(entry: Entry, library: Library) -> Iterator[Finding]:
    for place, text in _language_texts(entry, "en"):
        found = _CJK.search(text)
        if found:
            yield Finding(f"'{found.group()}' in an English text", place, text[: found.start()].count("\n"))


@rule("E202")
def chinese_is_chinese(entry: Entry, library: Library) -> Iterator[Finding]:
    for place, text in _language_texts(entry, "zh"):
        if place != "title.zh" and not _HAN.search(text):
            yield Finding("no Chinese in a Chinese text", place)


@rule("E203")
def both_languages_are_there(entry: Entry, library: Library) -> Iterator[Finding]:
    for language in LANGUAGES:
        for place, text in _language_texts(entry, language):
            if not text.strip():
                yield Finding("empty text", place)


@rule("E204")
def texts_keep_their_length(entry: Entry, library: Library) -> Iterator[Finding]:
    for language in LANGUAGES:
        title, summary = entry.title.get(language), entry.summary.get(language)
        if len(title) > TITLE_LIMIT:
            yield Finding(f"title of {len(title)} characters, at most {TITLE_LIMIT}", f"title.{language}")
        if len(summary) > SUMMARY_LIMIT or "\n" in summary.strip():
            message = f"the summary is one line of at most {SUMMARY_LIMIT} characters"
            yield Finding(message, f"summary.{language}")


@rule("S201")
def explanations_are_short(entry: Entry, library: Library) -> Iterator[Finding]:
    words = len(entry.explain.en.split())
    characters = len(_HAN.findall(entry.explain.zh))
    if not EXPLAIN_WORDS[0] <= words <= EXPLAIN_WORDS[1]:
        yield Finding(f"{words} English words, better {EXPLAIN_WORDS}", "explain.en")
    if not EXPLAIN_CHARACTERS[0] <= characters <= EXPLAIN_CHARACTERS[1]:
        yield Finding(f"{characters} Chinese characters, better {EXPLAIN_CHARACTERS}", "explain.zh")


_TOUCHING = re.compile(r"[\u3400-\u9fff][A-Za-z0-9`]|[A-Za-z0-9`][\u3400-\u9fff]")


@rule("E205")
def chinese_and_latin_are_spaced(entry: Entry, library: Library) -> Iterator[Finding]:
    for place, text in _language_texts(entry, "zh"):
        plain = _CODE.sub(lambda found: "`" * len(found.group()), text)
        for found in _TOUCHING.finditer(plain):
            near = text[max(0, found.start() - 4) : found.end() + 4].replace("\n", " ")
            line = text[: found.start()].count("\n") + 1
            yield Finding(f"put a space between Chinese and Latin: '{near}'", place, line)


_HALF_WIDTH = re.compile(r"[\u3400-\u9fff`][,;:!?](?=\s|[\u3400-\u9fff]|$)|[\u3400-\u9fff]\.(?=\s|$)")


@rule("E206")
def chinese_punctuation_is_full_width(entry: Entry, library: Library) -> Iterator[Finding]:
    for place, text in _language_texts(entry, "zh"):
        plain = _CODE.sub(lambda found: "`" * len(found.group()), text)
        for found in _HALF_WIDTH.finditer(plain):
            line = text[: found.start()].count("\n") + 1
            yield Finding(f"use full-width punctuation after '{found.group()[0]}'", place, line)


def in_folders(library: Library, targets: list[Path]) -> list[str]:
    """The ids of the entries that lie in any of these files or folders."""
    places = [target.resolve() for target in targets]
    return [
        head.id
        for head in library.heads.values()
        if any(place == Path(head.path) or place in Path(head.path).parents for place in places)
    ]
