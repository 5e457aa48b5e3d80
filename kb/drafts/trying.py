"""All blocks of some notes, tried: section by section, several sections at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext

from msgspec import structs

from kb.drafts.draft import Tried
from kb.drafts.program import Chain
from kb.drafts.reading import Reading
from kb.drafts.report import Verdict
from kb.drafts.secrets import secrets_in
from kb.drafts.trial import Trial, Trials
from kb.library import Progress
from kb.run import trust
from kb.run.pool import Pool
from kb.run.settings import Settings


def require_trust(readings: Sequence[Reading], agreed: bool) -> list[str]:
    """Raise Untrusted unless the user has agreed to every block that would be run, or agrees now; what to
    tell if that cannot be remembered."""
    codes = [
        (f"{one.note.path}:{block.line}", code.text) for one in readings for block, code in one.programs()
    ]
    files = " ".join(dict.fromkeys(one.note.path for one in readings))
    return trust.require_all(codes, f"ptnote import {files} --yes", agreed)


def try_all(
    readings: Sequence[Reading], how: Settings | None, workers: int = 0, progress: Progress | None = None
) -> list[list[Tried]]:
    """What came of the sections of each note. Without settings nothing is run. Raises BadSetting."""
    with Pool(how, workers) if how else nullcontext() as pool:
        threads = ThreadPoolExecutor(pool.workers if pool else 1)
        futures: list[list[Future[Tried]]] = [
            [threads.submit(_tried, reading, number, known, pool) for number in range(len(reading.sections))]
            for reading, known in ((reading, reading.imports()) for reading in readings)
        ]
        try:
            _report(futures, progress)
        except BaseException:  # interrupted: do not wait for what still runs
            threads.shutdown(cancel_futures=True, wait=False)
            if pool:
                pool.close()
            raise
        threads.shutdown()
        tried = [[future.result() for future in one] for one in futures]
    tried = [[_cleaned(each) for each in one] for one in tried]
    if how:
        programs = [trial.program for one in tried for each in one for trial in each.trials]
        trust.remember(program.text for program in programs if program)
    return tried


def _report(futures: list[list[Future[Tried]]], progress: Progress | None) -> None:
    """Wait for all sections, and tell how many of them are done."""
    every = [future for one in futures for future in one]
    for done, future in enumerate(as_completed(every), 1):
        future.result()
        if progress:
            progress(done, len(every))


def _tried(reading: Reading, number: int, known: dict[str, tuple[str, int]], pool: Pool | None) -> Tried:
    section, codes = reading.sections[number], reading.codes[number]
    lines = [block.line for block in section.blocks]
    found = list(Trials(reading.note.path, codes, lines, Chain(codes, known), pool))
    for at, block in enumerate(section.blocks):
        if reading.holds_secret(block):
            found[at] = Trial(verdict=Verdict.secret, reason=_kinds(reading, block.line, block.end))
    return Tried(section=section, codes=codes, trials=tuple(found))


def _cleaned(tried: Tried) -> Tried:
    """The same without what looks like a secret in what the programs printed and raised."""
    made = []
    for trial in tried.trials:
        lines = trial.output.split("\n")
        found = secrets_in(lines, ()) if trial.output else {}
        output = "\n".join("…" if number in found else line for number, line in enumerate(lines, 1))
        raised = trial.stderr and secrets_in([trial.reason], ())
        reason = trial.reason.partition(":")[0] if raised else trial.reason
        made.append(structs.replace(trial, output=output, reason=reason) if found or raised else trial)
    return structs.replace(tried, trials=tuple(made))


def _kinds(reading: Reading, start: int, end: int) -> str:
    """The kinds of secret in some lines, with the line of each."""
    kinds = {line: kind for line, kind in reading.secrets.items() if start <= line <= end}
    return ", ".join(f"{kind} on line {line}" for line, kind in sorted(kinds.items()))
