"""What the tools answer, as types from which the SDK makes JSON Schemas: the documents of `kb.documents`."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict


class Text(TypedDict):
    """A text in both languages."""

    en: str
    zh: str


class Hit(TypedDict):
    """An entry that a search found."""

    id: str
    title: Text
    summary: Text
    category: str
    tags: list[str]
    score: float
    why: list[dict[str, Any]]
    reasons: dict[str, Any]


class Search(TypedDict):
    """What a search found, best first."""

    schema: int
    query: str
    hits: list[Hit]
    corrected: dict[str, list[str]]
    suggestions: list[str]


class Snippet(TypedDict):
    """A program of an entry, complete and on small data."""

    name: str
    code: str
    title: Text | None
    output: str
    raises: str | None
    requires: dict[str, Any]


class Entry(TypedDict):
    """An entry: `answer` is the code to paste, `snippets` are complete programs."""

    schema: int
    id: str
    category: str
    path: str
    layer: str
    hides: str | None
    format: int
    title: Text
    summary: Text
    explain: Text
    answer: str
    snippets: list[Snippet]
    pitfalls: list[dict[str, Any]]
    errors: list[str | dict[str, Any]]
    myths: list[dict[str, Any]]
    proofs: list[dict[str, Any]]
    tags: list[str]
    aliases: list[str]
    asked: list[str]
    api: list[str]
    see_also: list[str]
    covers: list[str]


class Diagnosis(TypedDict):
    """What an error means. Without an `entry`, `guesses` are only what a search for its words finds."""

    type: str
    message: str
    line: int
    entry: str | None
    pattern: str
    values: dict[str, str]
    means: Text | None
    wrong: str | None
    right: str | None
    guesses: list[dict[str, Any]]
    frame: dict[str, Any] | None
    seen: dict[str, Any] | None
    fix: str


class Why(TypedDict):
    """`diagnosis` is null if the text tells of no error."""

    schema: int
    diagnosis: Diagnosis | None


class Run(TypedDict):
    """What came of running a snippet: `outcome` is passed, failed, skipped, or timeout; `reason` says why."""

    schema: int
    entry: str
    snippet: str
    outcome: str
    cause: str
    reason: str
    path: str
    line: int
    exit_code: int
    seconds: float
    peak_memory: int
    device: str
    torch: str
    stdout: str
    stderr: str
    diff: str
    error: str
    error_line: int
    fallback: str
    proofs: list[dict[str, Any]]
    files: list[str]
