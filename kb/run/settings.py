"""How to run snippets."""

from __future__ import annotations

import sys

from msgspec import Struct

TIMEOUT = 120.0
"""Seconds that a snippet may take unless another limit is given."""


class Settings(Struct, frozen=True, kw_only=True):
    """How to run snippets."""

    device: str = ""
    """cpu, cuda or mps; empty leaves the choice to the snippet."""
    python: str = sys.executable
    """The interpreter that runs them."""
    timeout: float = TIMEOUT
    """Seconds that one snippet may take."""
    capture: bool = True
    """Keep stdout and stderr in the result; False lets them stream to this process's own."""
    strict: bool = False
    """Warnings are errors, and what was printed or raised must be what the entry expects."""

    @classmethod
    def of(
        cls,
        device: str = "",
        python: str = "",
        timeout: float = 0.0,
        *,
        capture: bool = True,
        strict: bool = False,
    ) -> Settings:
        """Settings in which the empty string and 0 mean the default."""
        return cls(
            device=device,
            python=python or sys.executable,
            timeout=timeout or TIMEOUT,
            capture=capture,
            strict=strict,
        )
