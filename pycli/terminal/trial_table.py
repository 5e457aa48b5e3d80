"""What came of running a snippet with several values: a row for each, with the last line that it printed."""

from __future__ import annotations

from collections.abc import Sequence

from kb import Outcome, Trial, Variant, visible
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen
from pycli.terminal.wrap import columns, cut, pad

GAP = "  "


class TrialTable:
    """A table whose rows are written one by one: aligned on a terminal, between tabs elsewhere."""

    def __init__(self, variants: Sequence[Variant], screen: Screen) -> None:
        self._screen = screen
        self._names = list(variants[0].values)
        rows = [self._names, *(_values(one) for one in variants)]
        self._widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
        self.cut = False
        """Whether a row did not have room for its whole line."""

    def begin(self) -> None:
        """Write what stands above the columns; a pipe has no use for it."""
        if self._screen.terminal:
            self._write([*self._names, texts.label("last_line", self._screen.languages[:1])])

    def add(self, trial: Trial) -> None:
        """Write the row of a trial."""
        self._write([*_values(trial), self._said(trial)])

    def _said(self, trial: Trial) -> str:
        result = trial.result
        if result.outcome is not Outcome.passed:
            return self._screen.say(f"{result.outcome}: {result.reason}")
        return next(reversed(result.stdout.strip().splitlines()), "-")

    def _write(self, cells: Sequence[str]) -> None:
        cells = [visible(cell) for cell in cells]
        if not self._screen.terminal:
            self._screen.write("\t".join(cells) + "\n")
            return
        padded = [pad(cell, width) for cell, width in zip(cells, self._widths, strict=False)]
        text = GAP.join([*padded, cells[-1]])
        shown = "".join(span for span, _ in cut([(text, "")], self._screen.width))
        self.cut = self.cut or shown != text
        self._screen.write(f"{shown}\n")


def _values(one: Variant | Trial) -> list[str]:
    return [visible(str(value)) for value in one.values.values()]
