"""A snippet run with several values: each run is a row of a table."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence

from kb import Outcome, Trial, Variant, trials
from pycli.consent import asked_once
from pycli.task import Task
from pycli.terminal.trial_table import TrialTable


def compare(task: Task, variants: Sequence[Variant], as_json: bool) -> int:
    """Run every variant and print the table as it grows, or all of it as JSON. The exit code is 0 if all
    of them passed, 77 if none of them could be run, else 1."""
    screen = task.screen
    table = TrialTable(variants, screen)
    name, snippet = task.entry.id, task.snippet.name

    def begin(agreed: bool) -> contextlib.closing[Generator[Trial, None, None]]:
        running = trials(
            task.library, name, snippet, variants, agreed=agreed, notice=screen.notice, **task.how
        )
        return contextlib.closing(running)

    done: list[Trial] = []
    with asked_once(begin, screen, task.agreed) as running:
        if not as_json:
            table.begin()
        for trial in running:
            done.append(trial)
            if not as_json:
                table.add(trial)
    if as_json:
        screen.json(entry=name, snippet=snippet, trials=done)
    elif screen.terminal:
        screen.notice("a row shows the last line that was printed; all of it: --json, or one value at a time")
    outcomes = {trial.result.outcome for trial in done}
    return {frozenset((Outcome.passed,)): 0, frozenset((Outcome.skipped,)): 77}.get(frozenset(outcomes), 1)
