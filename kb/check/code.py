"""Rules about code: that it is short, stands alone, and proves something."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kb.check.rule import Finding, rule
from kb.content.entry import PROOFS, Entry
from kb.content.parameters import faults
from kb.content.proofs import parameter, parsed
from kb.content.shelf import Shelf

CODE_LINES, CODE_COLUMNS = 40, 88
"""What a snippet may have."""

GOOD_LINES, GOOD_COLUMNS = 24, 79
"""What fits the screen with what stands around it."""

OWN = ("kb", "pycli", "ptnote")
"""The packages of ptnote."""


@rule("E110")
def snippets_are_named_and_titled(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The first snippet is called `default`, names differ, and each of several snippets has a title."""
    names = [snippet.name for snippet in entry.snippets]
    if names[0] != "default":
        yield Finding("the first snippet must be called 'default'", "snippets.0.name")
    for i, snippet in enumerate(entry.snippets):
        if names.index(snippet.name) != i:
            yield Finding(f"snippet name '{snippet.name}' is used twice", f"snippets.{i}.name")
        if len(names) > 1 and snippet.title is None:
            yield Finding(f"snippet '{snippet.name}' needs a title", f"snippets.{i}")


@rule("E111")
def code_fits_a_screen(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet has at most 40 lines of at most 88 columns."""
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
def code_is_python_that_stands_alone(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet is valid Python, and neither it nor a proof needs ptnote to run."""
    for line, name in _own_imports(entry.proofs_code):
        yield Finding(f"imports {name}: a proof must run without ptnote", "", line, PROOFS)
    for i, snippet in enumerate(entry.snippets):
        place = f"snippets.{i}.code"
        try:
            parsed(snippet.code)
        except SyntaxError as error:
            yield Finding(f"not Python: {error.msg}", place, error.lineno or 0)
            continue
        for line, name in _own_imports(snippet.code):
            yield Finding(f"imports {name}: a snippet must run without ptnote", place, line)


def _own_imports(code: str) -> Iterator[tuple[int, str]]:
    """The modules of ptnote that some code imports, with their lines."""
    if not any(name in code for name in OWN):  # as nearly always; a walk through the tree takes long
        return
    for node in ast.walk(parsed(code)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from ((getattr(node, "lineno", 0), name) for name in names if name.split(".")[0] in OWN)


@rule("E113")
def code_proves_something(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet prints something that is compared, raises what it says it raises, or has a proof."""
    proven = {need for proof in entry.proofs for need in proof.needs}
    for i, snippet in enumerate(entry.snippets):
        if snippet.raises or snippet.output or "assert" in snippet.code:
            continue
        if parameter(snippet.name) not in proven:
            message = f"nothing shows that snippet '{snippet.name}' is right; print its point, or prove it"
            yield Finding(message, f"snippets.{i}.code")


@rule("E114")
def asserts_can_fail(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """No assert of a snippet is on a constant or a tuple, which is always true."""
    for i, node in _asserts(entry):
        if isinstance(node.test, ast.Constant | ast.Tuple):
            yield Finding("this assert cannot fail", f"snippets.{i}.code", node.lineno)


@rule("E119")
def parameters_stand_in_the_code(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A parameter is a literal that the code assigns at its top level, or passes by that name."""
    for i, snippet in enumerate(entry.snippets):
        for j, message in faults(snippet):
            yield Finding(message, f"snippets.{i}.parameters.{j}")


@rule("S112")
def snippets_hold_no_asserts(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet is what a reader pastes; what tests it stands in the proofs file."""
    for i in dict.fromkeys(i for i, _ in _asserts(entry)):
        yield Finding("holds asserts; move them to a proof", f"snippets.{i}.code")


@rule("S111")
def code_fits_the_card(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A snippet has at most 24 lines of at most 79 columns."""
    for i, snippet in enumerate(entry.snippets):
        lines = snippet.code.splitlines()
        widest = max(map(len, lines), default=0)
        if len(lines) > GOOD_LINES or widest > GOOD_COLUMNS:
            message = f"{len(lines)} lines of at most {widest} columns, better {GOOD_LINES} of {GOOD_COLUMNS}"
            yield Finding(message, f"snippets.{i}.code")


def _asserts(entry: Entry) -> Iterator[tuple[int, ast.Assert]]:
    """The asserts of an entry's snippets, with the number of the snippet."""
    for i, snippet in enumerate(entry.snippets):
        if "assert" not in snippet.code:
            continue
        try:
            tree = parsed(snippet.code)
        except SyntaxError:
            continue
        yield from ((i, node) for node in ast.walk(tree) if isinstance(node, ast.Assert))
