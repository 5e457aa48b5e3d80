"""From the output of a program to its failures: exceptions, warnings, and the last words of processes
that died, among progress bars, prefixes of launchers, and logs.

Each regular expression stands behind a test for a fixed string that the line must hold, and none of
them tries the same characters again and again, so that reading takes time proportional to the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kb.messages.plain import flat

LINES = 20_000
"""Lines from the end of a text that are looked at, because the error that ends a run stands last."""

CHARACTERS = 4 << 20
"""Characters from the end of a text that are looked at, if that is less."""

LINE_WIDTH = 4_000
"""Characters of one line that are looked at."""

OVERWRITTEN = 100
"""Versions of a line, each written over the one before, of which the last visible one is looked for."""

CONTINUED = 40
"""Lines that a message may have after its first."""

Line = tuple[int, str]
"""A line's number in the text, counted from 1, and what a terminal shows of it."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_ENTITY = re.compile("&(?:lt|gt|amp|quot|apos|nbsp|#39|#x27);")
"""Characters as they stand in a page's source, from which a message may have been copied."""
_PREFIX = re.compile(
    r"""(?P<prefix>
      \[(?:rank|default)?\d+\]:(?!\[)\s?    # torchrun
    | \d{1,4}:\s(?!\d)                      # srun --label
    | \([\w.]+\s(?:pid=\d+)[^)]*\)\s        # ray
    | [\w.-]+\s+\|\s                        # docker compose
    )""",
    re.VERBOSE,
)
_GROUP = re.compile(r"\s*(?:\||\+[-+]*) ?")
_GROUP_EDGE = re.compile(r"\s*\+-")
_TRACEBACK = "Traceback (most recent call last):"
_NAME = r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*"
_RAISED = re.compile(rf"(?P<type>{_NAME})(?::\s?(?P<said>.*))?$")
_ENDINGS = (
    *("Error", "Exception", "Warning", "Interrupt", "Exit", "Failed", "Unsupported"),
    *("StopIteration", "NotImplemented"),
)
"""How the name of an exception ends, if it is to be known without a traceback above it."""
_KNOWN = re.compile(r"(?:\*\*)?(?P<type>(?:[A-Za-z_]\w*\.)*\w+)(?:\*\*)?(?::\s(?P<said>.*))?$")
"""Perhaps in bold, as Markdown has it."""
_QUOTED = re.compile(r"(?<![A-Za-z0-9_.])(?P<type>[A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)): (?P<said>.*)$")
"""Behind the words of somebody who writes Chinese, with a blank or without."""
_WARNED = re.compile(rf":\d+: (?P<type>{_NAME}Warning): (?P<said>.*)$")
_DEATHS = "Segmentation fault|Bus error|Killed|Aborted|Illegal instruction"
_LAST_WORDS = {
    "what():": re.compile(r"\s*what\(\):\s+(?P<said>.*)$"),
    "Assertion": re.compile(r"(?P<said>(?>.*?\bAssertion [`'].).* failed.*)$"),
    "[E": re.compile(r"(?:\[rank\d+\]:)?\[E[ \d][^\]]*\]\s*(?P<said>.*)$"),
    "ERROR: ": re.compile(r"ERROR: (?P<said>.+)$"),
    "(core dumped)": re.compile(rf".*?\b(?P<said>{_DEATHS})\b"),
    "Exception during processing !!!": re.compile(r".*?processing !!!:?\s*(?P<said>\S.*)$"),  # ComfyUI
    "Exception Message:": re.compile(r".*?Message:[*\s]*(?P<said>[^*\s].*)$"),
    "Killed": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Killed)\b"),
    "Bus error": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Bus error)\b"),
    "Segmentation fault": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Segmentation fault)\b"),
}
"""How programs that are not Python report their end, by a fixed string that the line must hold."""

_CHAINED = (
    "During handling of the above exception",
    "The above exception was the direct cause",
    "Original Traceback",
    _TRACEBACK,
)
_LOGGED = re.compile(
    r"(?:[EWIF]\d{4} \d\d:|\[?\d{4}-\d\d-\d\d[ T]|\[?\d\d:\d\d:\d\d|(?:INFO|DEBUG|WARNING)\b)"
)


class Failure(Struct, frozen=True):
    """One thing that went wrong."""

    type: str
    """The exception's name as printed; empty for what no exception told."""
    message: str
    """What it said, its line breaks kept."""
    line: int
    """Where in the text, counted from 1."""

    @property
    def text(self) -> str:
        """Type and message in one line, quotes as they were before a KeyError or JSON escaped them."""
        return flat(self._said)

    @property
    def unwrapped(self) -> str:
        """The same as a terminal wraps it at its width, in the midst of words: a line that is as long as the
        longest goes on in the next one without a blank."""
        lines = self._said.split("\n")
        width = max(map(len, lines))
        return flat("".join(line if len(line) == width else f"{line} " for line in lines))

    @property
    def _said(self) -> str:
        said = f"{self.type}: {self.message}" if self.type and self.message else self.type + self.message
        return said.replace("\\'", "'").replace('\\"', '"')

    @property
    def warning(self) -> bool:
        """Whether the program went on after it."""
        return self.type.endswith("Warning")


def failures(text: str) -> list[Failure]:
    """The failures in a text, in order of appearance."""
    return failures_in(visible_lines(text))


def failures_in(lines: Iterable[Line]) -> list[Failure]:
    """The failures in the lines that `visible_lines` has made, in order of appearance.

    Lines that several processes wrote in turn, each with its launcher's prefix, are read apart.
    """
    found = [failure for stream in _streams(lines).values() for failure in _in_stream(stream)]
    return sorted(found, key=lambda failure: failure.line)


def visible_lines(text: str) -> Iterator[Line]:
    """The last lines of a text without terminal codes and without what progress bars have overwritten."""
    newline = len(text)
    for _ in range(LINES):
        newline = text.rfind("\n", 0, newline)
        if newline < 0:
            break
    start = max(newline + 1, len(text) - CHARACTERS)
    first = text.count("\n", 0, start) + 1
    for number, written in enumerate(text[start:].replace("\r\n", "\n").split("\n"), first):
        plain = "\r" not in written and "\x1b" not in written
        shown = (written if plain else _visible(written))[:LINE_WIDTH]
        yield number, _ENTITY.sub(_character, shown) if "&" in shown else shown


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _visible(written: str) -> str:
    """What a terminal shows of a line: the last of several versions, without codes."""
    end = written.find("\r", len(written.rstrip()))
    if end < 0:
        end = len(written)
    for _ in range(OVERWRITTEN):
        start = written.rfind("\r", 0, end) + 1
        shown = _ANSI.sub("", written[start : min(end, start + 4 * LINE_WIDTH)])
        if shown.strip() or not start:
            return shown
        end = start - 1
    return ""


def _streams(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Numbered lines by their launcher's prefix, which is taken off."""
    streams: dict[str, list[Line]] = {}
    for number, line in lines:
        maybe = line[:1] in ("[", "(") or line[:1].isdecimal() or "|" in line
        prefix = _PREFIX.match(line) if maybe else None
        key = prefix["prefix"].strip() if prefix else ""
        streams.setdefault(key, []).append((number, line[prefix.end() :] if prefix else line))
    return streams


def _in_stream(lines: list[Line]) -> Iterator[Failure]:
    """The failures in what one process wrote."""
    at = 0
    in_traceback = False
    while at < len(lines):
        number, line = lines[at]
        at += 1
        if _TRACEBACK in line:  # perhaps behind a progress bar
            in_traceback = True
            continue
        if line.startswith(" ") and (margin := _GROUP.match(line)):  # of an exception group
            line = line[margin.end() :]
        if not line.strip() or (in_traceback and line[0] in " \t"):
            continue
        found = _exception(line, in_traceback) or _last_words(line)
        if found is None:
            continue
        in_traceback = False
        type, said = found
        more = list(_continued(lines, at)) if _has_more(type, said) else []
        at += len(more)
        yield Failure(type, "\n".join([said, *more]).strip(), number)


def _exception(line: str, in_traceback: bool) -> tuple[str, str] | None:
    """The type and message of an exception or a warning that Python reports in this line."""
    found = _RAISED.match(line) if in_traceback else _known(line)
    if not found and "Warning: " in line and not line[0].isspace():
        found = _WARNED.search(line, 1)
    return (found["type"], found["said"] or "") if found else None


def _known(line: str) -> re.Match[str] | None:
    """A match of an exception whose name alone says what it is."""
    if line[:1] > "\x7f":
        return _QUOTED.search(line)
    return _KNOWN.match(line) if line.partition(":")[0].rstrip("*").endswith(_ENDINGS) else None


def _last_words(line: str) -> tuple[str, str] | None:
    """An empty type and the message, if a program that is not Python reports its end in this line."""
    for hint, form in _LAST_WORDS.items():
        found = form.match(line) if hint in line else None
        if found:
            return "", found["said"]
    return None


def _has_more(type: str, said: str) -> bool:
    """Whether a message may go on in the next line: after a warning's first stands its source."""
    return bool(type) and (not type.endswith("Warning") or not said.strip())


def _continued(lines: list[Line], at: int) -> Iterator[str]:
    """The further lines of a message: up to the next traceback, log line, or paragraph."""
    for i in range(at, min(at + CONTINUED, len(lines))):
        line = lines[i][1]
        if line.startswith(_CHAINED) or _TRACEBACK in line or _LOGGED.match(line):
            return
        if _known(line) or _GROUP_EDGE.match(line):
            return
        before = lines[i - 1][1].rstrip()
        if not line.strip() and not before.endswith(":"):
            after = next((later for _, later in lines[i + 1 : i + 3] if later.strip()), "")
            if not after.startswith((" ", "\t")):
                return
        yield line
