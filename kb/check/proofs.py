"""Rules about answers and proofs: that the answer can be pasted, and that what an entry states is shown to be
true or has a source."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from kb.check.rule import Finding, rule
from kb.content.entry import PROOFS, Entry, Myth, Pitfall
from kb.content.old import OLD_FORMAT
from kb.content.proofs import ANSWER, GIVEN, HELPERS, PREFIX, parameter, parsed
from kb.content.shelf import Shelf
from kb.content.upgrade import draft_statement
from kb.text.names import suggest

ANSWER_LINES, COLUMNS = 8, 79


@rule("E140")
def proofs_are_about_snippets(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The parameters of a proof are helpers, `answer`, and snippets of the entry with `-` as `_`."""
    names = {parameter(snippet.name): snippet for snippet in entry.snippets}
    for name, count in Counter(parameter(snippet.name) for snippet in entry.snippets).items():
        if count > 1 or name in (ANSWER, *HELPERS):
            yield Finding(f"a proof could not tell what '{name}' is; rename the snippet", "snippets")
    for proof in entry.proofs:
        about = f"{PREFIX}{proof.name}"
        for need in proof.needs:
            message = ""
            if need == ANSWER and not entry.answer:
                message = f"{about} receives the answer, but the entry has none; write one"
            elif need != ANSWER and need not in names:
                near = ", ".join(suggest(need, [ANSWER, *names])) or ", ".join([ANSWER, *names])
                message = f"{about} receives '{need}', which is no snippet; did you mean {near}?"
            elif need != ANSWER and names[need].requires.ranks > 1:
                message = f"{about} receives '{need}', which runs in several processes; have it print that"
            if message:
                yield Finding(message, "", proof.line, PROOFS)


@rule("E141")
def statements_name_their_proof(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """What a pitfall or a myth names as its `proof` is a function of the proofs file, and a `source` is an
    address."""
    known = [proof.name for proof in entry.proofs]
    for place, statement in _statements(entry):
        if statement.proof is not None and statement.proof not in known:
            near = ", ".join(suggest(statement.proof, known)) or f"a function of {entry.id}{PROOFS}"
            yield Finding(f"no proof '{statement.proof}'; did you mean {near}?", f"{place}.proof")
        if statement.source is not None and not re.fullmatch(r"https://\S+", statement.source):
            yield Finding("a source is an address that begins with https://", f"{place}.source")


@rule("E142")
def proofs_can_fail(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Each proof asserts something that is not a constant or a tuple, or demands an exception."""
    for node in _functions(entry):
        if not node.name.startswith(PREFIX):
            continue
        asserts = [part for part in _statements_in(node) if isinstance(part, ast.Assert)]
        for part in asserts:
            if isinstance(part.test, ast.Constant | ast.Tuple):
                yield Finding("this assert cannot fail", "", part.lineno, PROOFS)
        if asserts:
            continue
        called = {ast.unparse(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
        if not any("raises" in name or "assert" in name for name in called):
            yield Finding(f"{node.name} asserts nothing", "", node.lineno, PROOFS)


@rule("E143")
def answers_can_be_pasted(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """An answer is Python, at most 8 lines of 79 columns, without asserts, and a proof runs it."""
    if not entry.answer:
        if any(node.name == GIVEN for node in _functions(entry)):
            yield Finding("given() serves the answer, and there is none; write it or drop given()", "")
        return
    lines = entry.answer.rstrip("\n").split("\n")
    if len(lines) > ANSWER_LINES:
        yield Finding(f"the answer has {len(lines)} lines, at most {ANSWER_LINES}", "answer")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield Finding(f"{len(line)} columns, at most {COLUMNS}; break the line", "answer", number)
    try:
        tree = parsed(entry.answer)
    except SyntaxError as error:
        yield Finding(f"the answer is not Python: {error.msg}", "answer", error.lineno or 0)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield Finding("an assert in the answer; move it to the proofs", "answer", node.lineno)
    if not any(ANSWER in proof.needs for proof in entry.proofs):
        message = f"no proof receives `answer`, so nothing shows that it runs; add test_answer to {PROOFS}"
        yield Finding(message, "answer")


@rule("E144")
def errors_name_their_pair(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The `pair` of an error names two snippets of the entry, of which the first raises or shows it."""
    known = [snippet.name for snippet in entry.snippets]
    for i, error in enumerate(entry.error_patterns):
        for name in error.pair or ():
            if name not in known:
                near = ", ".join(suggest(name, known)) or ", ".join(known)
                yield Finding(f"no snippet '{name}'; did you mean {near}?", f"errors.{i}.pair")


@rule("S140")
def entries_have_an_answer(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """An entry begins with the lines that a reader pastes, and is in format 2."""
    if entry.format == OLD_FORMAT:
        yield Finding("is in format 1; to move on: ptnote check --upgrade", "format")
    if not entry.answer:
        yield Finding("has no answer; write the lines that a reader pastes", "title")


@rule("S141")
def statements_have_a_proof_or_a_source(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Each pitfall and each myth has a proof, or a source where nothing can be executed."""
    for place, statement in _statements(entry):
        if statement.proof is None and statement.source is None:
            yield Finding("has neither a proof nor a source; add one, or make it modest", place)


@rule("S142")
def proofs_state_something(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The docstring of a proof is a statement in words of its own, not the title of a snippet."""
    drafts = {draft_statement(entry, snippet) for snippet in entry.snippets}
    for proof in entry.proofs:
        if proof.says in drafts:
            message = f"{PREFIX}{proof.name} says nothing but a title; state what it proves"
            yield Finding(message, "", proof.line, PROOFS)


def _statements(entry: Entry) -> Iterator[tuple[str, Pitfall | Myth]]:
    """The pitfalls and myths of an entry, with their places."""
    yield from ((f"pitfalls.{i}", one) for i, one in enumerate(entry.pitfalls))
    yield from ((f"myths.{i}", one) for i, one in enumerate(entry.myths))


def _statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements in a function or in another statement, at any depth; expressions, of which there are
    many times as many, are not looked into."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.stmt):
            yield part
        if isinstance(part, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _statements_in(part)


def _functions(entry: Entry) -> list[ast.FunctionDef]:
    return [node for node in parsed(entry.proofs_code).body if isinstance(node, ast.FunctionDef)]
