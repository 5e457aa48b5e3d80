"""What a snippet was expected to print or raise, against what it did.

Text must be equal, trailing blanks aside. A decimal number may differ by one in the last printed
digit, or by 0.1 %. `…` stands for anything within a line; a line that holds only `…` stands for
any number of lines.
"""

from __future__ import annotations

import math
import re

RELATIVE = 1e-3
"""How far apart two decimal numbers may be, relative to the expected one."""

_DECIMAL = re.compile(r"(-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+)", re.IGNORECASE)


def output_matches(expected: str, actual: str) -> bool:
    """Whether a snippet's stdout is what its entry says."""
    return _match_lines(_lines(expected), _lines(actual))


def error_matches(expected: str, actual: str) -> bool:
    """Whether an error is the expected one: its beginning is enough, `…` included."""
    pattern = ".*".join(re.escape(_joined(part)) for part in expected.split("…"))
    return re.match(pattern, _joined(actual)) is not None


def diff(expected: str, actual: str) -> str:
    """A unified diff of two outputs, without the file headers; '-' is what was expected."""
    import difflib

    lines = difflib.unified_diff(_lines(expected), _lines(actual), lineterm="", n=2)
    return "\n".join(list(lines)[2:])


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _joined(text: str) -> str:
    return " ".join(text.split())


def _match_lines(expected: list[str], actual: list[str]) -> bool:
    """Classic glob matching over lines, `…` lines being the stars; linear but for backtracking to
    the last star."""
    e = a = 0
    star, resume = -1, 0
    while a < len(actual):
        if e < len(expected) and expected[e] == "…":
            star, resume, e = e, a, e + 1
        elif e < len(expected) and _match_line(expected[e], actual[a]):
            e, a = e + 1, a + 1
        elif star >= 0:
            resume += 1
            e, a = star + 1, resume
        else:
            return False
    return all(line == "…" for line in expected[e:])


def _match_line(expected: str, actual: str) -> bool:
    if expected == actual:
        return True
    if "…" in expected:
        pattern = ".*".join(re.escape(part) for part in expected.split("…"))
        return re.fullmatch(pattern, actual) is not None
    want, got = _DECIMAL.split(expected), _DECIMAL.split(actual)
    if len(want) != len(got):
        return False
    pairs = list(zip(want, got, strict=True))
    return all(w == g for w, g in pairs[::2]) and all(_close(w, g) for w, g in pairs[1::2])


def _close(expected: str, actual: str) -> bool:
    mantissa, _, exponent = expected.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    last_digit = 10.0 ** (int(exponent or 0) - digits)
    return math.isclose(float(expected), float(actual), rel_tol=RELATIVE, abs_tol=1.01 * last_digit)
