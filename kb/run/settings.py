"""How to run snippets."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from msgspec import Struct

TIMEOUT = 120.0
"""Seconds that a snippet may take unless another limit is given."""

GB = 10**9


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
    threads: int = 0
    """Threads that torch takes for one operation, unless OMP_NUM_THREADS says it; 0 leaves it to torch."""
    memory: int = 0
    """Bytes of data that each process of a snippet may have; 0 means what the machine has."""
    env: tuple[str, ...] = ()
    """Environment variables that it sees although their names look like those of secrets."""

    @classmethod
    def of(
        cls,
        device: str = "",
        python: str = "",
        timeout: float = 0.0,
        *,
        capture: bool = True,
        strict: bool = False,
        memory: float = 0.0,
        env: Iterable[str] = (),
    ) -> Settings:
        """Settings in which the empty string and 0 mean the default; `memory` is in GB."""
        return cls(
            device=device,
            python=python or sys.executable,
            timeout=timeout or TIMEOUT,
            capture=capture,
            strict=strict,
            memory=int(memory * GB),
            env=tuple(env),
        )
