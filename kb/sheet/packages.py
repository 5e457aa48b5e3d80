"""Packages that only sheets need, and what to say when they are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kb.errors import MissingExtra


@contextlib.contextmanager
def needs() -> Iterator[None]:
    """A block that imports packages of the extra for sheets. Raises MissingExtra if one is not installed."""
    try:
        yield
    except ImportError as error:
        raise MissingExtra("ptnote sheet", "sheet") from error
