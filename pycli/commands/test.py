"""`ptnote test`."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import click

from kb import Library, Outcome, Result, write_junit
from pycli import ending
from pycli.commands.run import confining_options
from pycli.options import EntryName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen

SLOWEST = 5
"""How many of the slowest snippets the summary names."""


@click.command("test")
@click.argument("names", nargs=-1, type=EntryName())
@click.option("-j", "--workers", type=click.IntRange(min=1), help="How many at once; the cores if not given.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit XML file.")
@click.option("--update", "rewrite", is_flag=True, help="Write the observed output into the entries.")
@click.option("--yes", is_flag=True, help="Run code that did not come with ptnote.")
@json_option
@screen_options
@confining_options
@ending.unwinding()
def command(
    names: tuple[str, ...],
    workers: int | None,
    junit: Path | None,
    rewrite: bool,
    yes: bool,
    as_json: bool,
    screen: Screen,
    how: dict[str, Any],
) -> int:
    """Run snippets as tests: those of the entries named, or all.

    A snippet passes if it ends well (or raises what it should), warns of nothing, and prints what
    its entry says. The proofs of an entry are run after the snippets that they are about.
    """
    library = open_library(screen)
    options = {"workers": workers or 0, "agreed": yes, **how}
    results = sorted(_run(library, names, screen, options), key=lambda result: (result.entry, result.snippet))
    if rewrite:
        results, changed = library.update(results, lambda error: screen.notice(str(error)))
        for path in changed:
            screen.notice(f"updated {path}")
    if junit:
        write_junit(results, junit)
    counts = Counter(result.outcome for result in results)
    fallbacks = Counter(result.fallback for result in results if result.fallback)
    if as_json:
        screen.json(results=results, counts=dict(counts), fallbacks=dict(fallbacks))
    else:
        _summarize(results, fallbacks, screen)
    return 1 if any(result.failed for result in results) or not results else 0


def _run(library: Library, names: tuple[str, ...], screen: Screen, options: dict[str, Any]) -> list[Result]:
    """Run everything, with a progress bar on a terminal."""
    results: list[Result] = []
    total = 0

    def count(_: int, jobs: int) -> None:
        nonlocal total
        total = jobs

    told = len(library.notices)
    running = library.test(names, progress=count, **options)
    with screen.progress("running snippets") as advance, contextlib.closing(running):
        for result in running:
            results.append(result)
            advance(len(results), total, f"{result.entry}/{result.snippet}")
    for notice in library.notices[told:]:
        screen.notice(notice)
    return results


def _summarize(results: list[Result], fallbacks: Counter[str], screen: Screen) -> None:
    for result in results:
        if result.failed:
            screen.write(failure(result))
    snippets = [result for result in results if result.snippet]
    proofs = [proof for result in results for proof in result.proofs]
    skips = Counter(result.reason for result in snippets if result.outcome is Outcome.skipped)
    skips += Counter(proof.reason for proof in proofs if proof.outcome is Outcome.skipped)
    for reason, count in skips.most_common():
        screen.write(f"{texts.label('skipped', screen.languages)}: {count} × {reason}\n")
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    listed = ", ".join(f"{r.entry}/{r.snippet or 'proofs'} {r.seconds:.1f} s" for r in slowest)
    screen.write(f"{texts.label('slowest', screen.languages)}: {listed}\n")
    for why, count in fallbacks.items():
        screen.write(f"fresh process: {count} × {why}\n")
    screen.write(_tally("snippets_tested", Counter(result.outcome for result in snippets), screen))
    if proofs:
        screen.write(_tally("proofs_tested", Counter(proof.outcome for proof in proofs), screen))


def _tally(what: str, counts: Counter[Outcome], screen: Screen) -> str:
    """How many passed, failed and were skipped, in one line."""
    numbers = {
        "passed": counts[Outcome.passed],
        "failed": counts[Outcome.failed] + counts[Outcome.timeout],
        "skipped": counts[Outcome.skipped],
    }
    return texts.label(what, screen.languages).format(**numbers) + "\n"


def failure(result: Result) -> str:
    """Where and how a snippet failed, or the proofs that were run after it."""
    text = ""
    if result.outcome in (Outcome.failed, Outcome.timeout):
        name = f"{result.entry}/{result.snippet or 'proofs'}"
        text = f"FAILED {result.path}:{result.line} {name}: {result.reason}\n"
        text += f"{result.diff}\n{result.stderr}" if result.diff else result.stderr
    for proof in result.proofs:
        if proof.outcome is Outcome.failed:
            place = f"{result.path.removesuffix('.yaml')}.proofs.py:{proof.line}"
            text += f"FAILED {place} {result.entry}: {proof.says}\n{proof.reason}\n{proof.trace}"
    return text
