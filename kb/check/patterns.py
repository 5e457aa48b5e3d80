"""Rules about the patterns by which `ptnote why` knows an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kb.check.rule import Finding, FolderFinding, folder_rule, is_collection, rule
from kb.content.entry import LANGUAGES, Entry, ErrorPattern
from kb.content.files import SAMPLES
from kb.content.folder import Folder
from kb.content.shelf import Shelf
from kb.errors import BadFile
from kb.messages.failures import Failure
from kb.messages.match import Explanation, table_of
from kb.messages.pattern import MOST, parse
from kb.messages.samples import read_samples, samples_path

SHORTEST, LONGEST = 12, 400
"""Fixed characters of a pattern: fewer match by chance, more are not read by anybody."""


@rule("E115")
def patterns_are_definite(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """What a pattern matches is quickly found and not found by chance."""
    for i, one in enumerate(entry.error_patterns):
        for fault in _faults(one):
            yield Finding(f"error pattern '{one.match}' {fault}", f"errors.{i}")


@rule("E116")
def patterns_belong_to_one_entry(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A message that is nothing but the pattern, near what that demands, is explained by this entry."""
    for i, one in enumerate(entry.error_patterns):
        near = _shortest_text(one.when[0]) if one.when else None
        found = table_of(shelf).explain(_shortest_text(one.match), near=near)
        if found and found.id != entry.id:
            other = f"'{found.id}' ('{found.pattern.match}')"
            text = f"error pattern '{one.match}' is explained by {other}; keep one of them, or make it longer"
            yield Finding(text, f"errors.{i}")


def _shortest_text(pattern: str) -> str:
    """A text that a pattern matches."""
    return " 7 ".join(parse(pattern).pieces)


def _explained(shelf: Shelf, message: str) -> Explanation | None:
    """The pattern that explains a message; one of several lines brings along what stands near it."""
    near = message if "\n" in message.strip() else None
    return table_of(shelf).explain(Failure("", message, 1).text, near=near)


@rule("E117")
def patterns_meet_messages(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Each pattern of an entry of a collection explains a message that is really given: one that a
    snippet `raises`, or a sample from the file beside the entry."""
    if not entry.errors or not is_collection(Path(entry.path).parent.parent):
        return
    try:
        samples = read_samples(entry)
    except BadFile as error:
        yield Finding(str(error), "errors")
        return
    messages = [snippet.raises for snippet in entry.snippets if snippet.raises]
    messages += [sample.message for sample in samples]
    found = [_explained(shelf, message) for message in messages]
    met = {one.pattern.match for one in found if one and one.id == entry.id}
    for i, one in enumerate(entry.error_patterns):
        if one.match not in met:
            text = (
                f"error pattern '{one.match}' explains no message that a snippet raises, and no sample; "
                f"add one to {samples_path(entry).name}"
            )
            yield Finding(text, f"errors.{i}")


@folder_rule("E118")
def samples_belong_to_an_entry(folder: Folder) -> Iterator[FolderFinding]:
    """Each file of samples stands beside the entry that explains them."""
    for path in sorted(folder.root.glob(f"*/*{SAMPLES}")):
        entry = path.with_name(path.name.removesuffix(SAMPLES) + ".yaml")
        if not entry.is_file():
            yield FolderFinding(f"holds samples for an entry that does not exist: {entry.name}", path)


def _faults(one: ErrorPattern) -> Iterator[str]:
    pattern = parse(one.match)
    if not pattern.pieces[0].strip():
        yield "must begin with literal text"
    if any(not piece.strip() for piece in pattern.pieces[1:-1]):
        yield "needs text between its placeholders"
    if not SHORTEST <= pattern.weight <= LONGEST:
        yield f"has {pattern.weight} fixed characters; {SHORTEST} to {LONGEST} are useful"
    if len(pattern.names) > MOST:
        yield f"has {len(pattern.names)} placeholders; {MOST} are the most"
    named = [name for name in pattern.names if name]
    if len(named) != len(set(named)):
        yield "uses a placeholder's name twice"
    for language in LANGUAGES if one.means else ():
        assert one.means is not None
        for name in re.findall(r"\{(\w+)\}", one.means.get(language)):
            if name not in named:
                yield f"has no placeholder '{name}', which means.{language} uses"
