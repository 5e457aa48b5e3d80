"""Exceptions in whatever surrounds them: tracebacks, progress bars, launchers' prefixes, logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from kb.messages.pattern import flat

LINES = 20_000
"""Lines from the end of a text that are looked at: what went wrong stands last."""

LINE_WIDTH = 4_000
"""Characters of one line that are looked at."""

CONTINUED = 40
"""Lines that a message may have."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
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
_HEAD = "Traceback (most recent call last):"
_NAME = r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*"
_RAISED = re.compile(rf"(?P<type>{_NAME})(?::\s?(?P<said>.*))?$")
_KNOWN = re.compile(
    r"(?P<type>(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Warning|Interrupt|Exit|Failed|Unsupported"
    r"|StopIteration|NotImplemented))(?::\s(?P<said>.*))?$"
)
_WARNED = re.compile(rf"\S.*?:\d+: (?P<type>{_NAME}Warning): (?P<said>.*)$")
_DYING = r"Segmentation fault|Bus error|Killed|Aborted|Illegal instruction"
_NATIVE = {
    "what():": re.compile(r"\s*what\(\):\s+(?P<said>.*)$"),
    "Assertion": re.compile(r"(?P<said>.*\bAssertion [`'].+ failed\.?.*)$"),
    "[E": re.compile(r"(?:\[rank\d+\]:)?\[E[ \d][^\]]*\]\s*(?P<said>.*)$"),
    "ERROR: ": re.compile(r"ERROR: (?P<said>.+)$"),
    "(core dumped)": re.compile(rf".*?\b(?P<said>(?:{_DYING}))\b"),
    "Killed": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Killed)\b"),
    "Bus error": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Bus error)\b"),
    "Segmentation fault": re.compile(r"(?:.*: |.*\s\d+ )?(?P<said>Segmentation fault)\b"),
}
"""How programs that are not Python tell of their end, by a word that the line must hold."""

_CHAINED = (
    "During handling of the above exception",
    "The above exception was the direct cause",
    "Original Traceback",
    _HEAD,
)
_LOGGED = re.compile(r"(?:\[?\d{4}-\d\d-\d\d[ T]|\[?\d\d:\d\d:\d\d|(?:INFO|DEBUG|WARNING)\b)")


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
        """Type and message in one line, quotes as they were before a KeyError escaped them."""
        said = f"{self.type}: {self.message}" if self.type and self.message else self.type + self.message
        return flat(said.replace("\\'", "'"))

    @property
    def warning(self) -> bool:
        """Whether the program went on after it."""
        return self.type.endswith("Warning")


def failures(text: str) -> list[Failure]:
    """Every exception, warning, and dying word in a text, in order of appearance.

    Lines that several processes wrote in turn, each with its launcher's prefix, are read apart.
    """
    found = [failure for lines in _streams(text).values() for failure in _in_lines(lines)]
    return sorted(found, key=lambda failure: failure.line)


def cleaned(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines without terminal codes and without what progress bars have overwritten."""
    raw = text.replace("\r\n", "\n").split("\n")
    first = max(0, len(raw) - LINES)
    for number, written in enumerate(raw[first:], first + 1):
        line = _ANSI.sub("", written[: 4 * LINE_WIDTH]) if "\x1b" in written else written
        if "\r" in line:
            line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
        yield number, line[:LINE_WIDTH]


def _streams(text: str) -> dict[str, list[tuple[int, str]]]:
    """Numbered lines by their launcher's prefix, which is taken off."""
    streams: dict[str, list[tuple[int, str]]] = {}
    for number, line in cleaned(text):
        prefix = _PREFIX.match(line)
        key = prefix["prefix"].strip() if prefix else ""
        streams.setdefault(key, []).append((number, line[prefix.end() :] if prefix else line))
    return streams


def _in_lines(lines: list[tuple[int, str]]) -> Iterator[Failure]:
    at = 0
    in_traceback = False
    while at < len(lines):
        number, line = lines[at]
        at += 1
        if _HEAD in line:  # perhaps behind a progress bar
            in_traceback = True
            continue
        if line.startswith(" ") and (margin := _GROUP.match(line)):  # of an exception group
            line = line[margin.end() :]
        if not line.strip() or (in_traceback and line[0] in " \t"):
            continue
        found = _told(line, in_traceback)
        if found is None:
            continue
        in_traceback = False
        type, said = found
        more = list(_continued(lines, at)) if _has_more(type, said) else []
        at += len(more)
        yield Failure(type, "\n".join([said, *more]).strip(), number)


def _told(line: str, in_traceback: bool) -> tuple[str, str] | None:
    """Type and message, if the line tells of a failure."""
    raised = (_RAISED if in_traceback else _KNOWN).match(line) or _WARNED.match(line)
    if raised:
        return raised["type"], raised["said"] or ""
    for hint, native in _NATIVE.items():
        told = native.match(line) if hint in line else None
        if told:
            return "", told["said"]
    return None


def _has_more(type: str, said: str) -> bool:
    """Whether a message may go on in the next line: after a warning's first stands its source."""
    return bool(type) and (not type.endswith("Warning") or not said.strip())


def _continued(lines: list[tuple[int, str]], at: int) -> Iterator[str]:
    """The further lines of a message: up to the next traceback, log line, or paragraph."""
    for i in range(at, min(at + CONTINUED, len(lines))):
        line = lines[i][1]
        if line.startswith(_CHAINED) or _HEAD in line or _LOGGED.match(line):
            return
        if _KNOWN.match(line) or _GROUP_EDGE.match(line):
            return
        before = lines[i - 1][1].rstrip()
        if not line.strip() and not before.endswith(":"):
            after = next((later for _, later in lines[i + 1 : i + 3] if later.strip()), "")
            if not after.startswith((" ", "\t")):
                return
        yield line
