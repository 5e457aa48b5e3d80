"""What a run is asked to do: a snippet, and the proofs that are run after it in the same process."""

from __future__ import annotations

from typing import NamedTuple

from kb.content.entry import Entry, Proof, Snippet
from kb.content.proofs import parameter

NO_SNIPPET = Snippet(name="", code="pass\n")
"""Stands in for a snippet where proofs are run that are about the answer, several snippets, or none."""


class Job(NamedTuple):
    """A snippet of an entry and proofs."""

    entry: Entry
    snippet: Snippet
    proofs: tuple[Proof, ...] = ()


def jobs_of(entry: Entry) -> list[Job]:
    """Everything that can be tested of an entry: each snippet with the proofs that are about it alone, then
    all other proofs together."""
    parameters = [parameter(snippet.name) for snippet in entry.snippets]
    jobs, rest = [], list(entry.proofs)
    for snippet, name in zip(entry.snippets, parameters, strict=True):
        about = tuple(proof for proof in rest if proof.needs == (name,) and snippet.requires.ranks == 1)
        rest = [proof for proof in rest if proof not in about]
        jobs.append(Job(entry, snippet, about))
    return [*jobs, Job(entry, NO_SNIPPET, tuple(rest))] if rest else jobs
