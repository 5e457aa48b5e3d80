"""A finding about an entry file, from the parser or from a rule."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """Whether a finding fails the check or only advises."""

    fails = "fails"
    suggests = "suggests"


class Problem(Struct, frozen=True, kw_only=True):
    """A finding of the loader or of a check rule, with the place to click on."""

    code: str
    path: str
    line: int
    message: str
    severity: Severity = Severity.fails

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code} {self.message}"
