"""`ptnote test`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from msgspec import structs

from kb import Library
from kb.content import rewrite as update
from kb.content.entry import Entry, Snippet
from kb.run import expected as compare
from kb.run import trust
from kb.run.junit import write_junit
from kb.run.pool import Pool
from kb.run.process import TIMEOUT, Settings
from kb.run.result import Outcome, Result
from pycli.options import EntryName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen

SLOWEST = 5


@click.command("test")
@click.argument("names", nargs=-1, type=EntryName())
@click.option("--device", type=click.Choice(["cpu", "cuda", "mps"]), help="cpu hides accelerators.")
@click.option("--python", help="Another interpreter, whose torch is tried.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=TIMEOUT, show_default=True)
@click.option("-j", "--workers", type=click.IntRange(min=1), help="How many at once; the cores if not given.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit XML file.")
@click.option("--update", "rewrite", is_flag=True, help="Write the observed output into the entries.")
@click.option("--yes", is_flag=True, help="Run code that did not come with ptnote.")
@json_option
@screen_options
def command(
    names: tuple[str, ...],
    device: str | None,
    python: str | None,
    timeout: float,
    workers: int | None,
    junit: Path | None,
    rewrite: bool,
    yes: bool,
    as_json: bool,
    screen: Screen,
) -> int:
    """Run snippets as tests: those of the entries named, or all.

    A snippet passes if it ends well (or raises what it should), warns of nothing, and prints what
    its entry says.
    """
    library = open_library(screen)
    entries = [library.get(name) for name in names] or [*library]
    jobs = _jobs(entries, yes)
    settings = Settings(
        device=device or "",
        python=python or screen.config.python or sys.executable,
        timeout=timeout,
        strict=True,
    )
    with Pool(settings, workers or 0) as pool:
        results = _run(pool, jobs, screen, quiet=as_json)
        fallbacks = pool.fallbacks
    results.sort(key=lambda result: (result.entry, result.snippet))
    if rewrite:
        results = _update(entries, results, screen)
    if junit:
        write_junit(results, junit)
    counts = Counter(result.outcome for result in results)
    if as_json:
        screen.json(results=results, counts=dict(counts), fallbacks=dict(fallbacks))
    else:
        _summarize(library, results, fallbacks, screen)
    broken = counts[Outcome.failed] + counts[Outcome.timeout]
    return 1 if broken or not results else 0


def _jobs(entries: Iterable[Entry], yes: bool) -> list[tuple[Entry, Snippet]]:
    jobs = [(entry, snippet) for entry in entries for snippet in entry.snippets]
    for entry, snippet in jobs:
        if yes and entry.layer != "built-in":
            trust.agree(snippet)
        trust.require(entry, snippet)
    return jobs


def _run(pool: Pool, jobs: list[tuple[Entry, Snippet]], screen: Screen, quiet: bool) -> list[Result]:
    """Run everything, with a progress bar if somebody is looking."""
    if quiet or not sys.stderr.isatty():
        return [*pool.run_all(jobs)]
    from pycli.terminal.color import progress

    results = []
    with progress("running snippets") as advance:
        for done, result in enumerate(pool.run_all(jobs), 1):
            results.append(result)
            advance(done, len(jobs), f"{result.entry}/{result.snippet}")
    return results


def _update(entries: list[Entry], results: list[Result], screen: Screen) -> list[Result]:
    """Write what was printed into the files; a difference in output is then no failure any more."""
    by_entry: dict[str, dict[str, str]] = {}
    settled: list[Result] = []
    for result in results:
        differs = result.outcome is Outcome.failed and result.reason.startswith("printed something else")
        if differs:
            by_entry.setdefault(result.entry, {})[result.snippet] = result.stdout
            settled.append(structs.replace(result, outcome=Outcome.passed, reason=""))
        else:
            settled.append(result)
    for entry in entries:
        if entry.id in by_entry and update.write_outputs(Path(entry.path), by_entry[entry.id]):
            screen.notice(f"updated {entry.path}")
    return settled


def _summarize(library: Library, results: list[Result], fallbacks: Counter[str], screen: Screen) -> None:
    for result in results:
        if result.outcome in (Outcome.failed, Outcome.timeout):
            screen.write(failure(library, result))
    skips = Counter(result.reason for result in results if result.outcome is Outcome.skipped)
    for reason, count in skips.most_common():
        screen.write(f"{texts.label('skipped', screen.languages)}: {count} × {reason}\n")
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    told = ", ".join(f"{r.entry}/{r.snippet} {r.seconds:.1f} s" for r in slowest)
    screen.write(f"{texts.label('slowest', screen.languages)}: {told}\n")
    for why, count in fallbacks.items():
        screen.write(f"fresh process: {count} × {why}\n")
    passed = sum(result.outcome is Outcome.passed for result in results)
    broken = len(results) - passed - sum(skips.values())
    screen.write(
        f"{passed} {texts.label('passed', screen.languages)}, "
        f"{broken} {texts.label('failed', screen.languages)}, "
        f"{sum(skips.values())} {texts.label('skipped', screen.languages)}\n"
    )


def failure(library: Library, result: Result) -> str:
    """Where and how a snippet failed."""
    entry = library.entry(result.entry)
    snippet = library.snippet(entry, result.snippet)
    line = entry.code_line(snippet) + max(result.error_line - 1, 0)
    text = f"FAILED {entry.path}:{line} {result.entry}/{result.snippet}: {result.reason}\n"
    if result.reason.startswith("printed"):
        text += compare.diff(snippet.output, result.stdout) + "\n"
    return text + result.stderr
