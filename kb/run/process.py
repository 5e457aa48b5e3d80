"""One snippet in a child process → `Result`.

The child has its own session and a throw-away working folder, and nothing to read on stdin. What
is shown is what is run, byte for byte: devices are hidden through the environment, never by
editing code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.entry import Entry, Snippet
from kb.run import machine as device
from kb.run.judge import judge
from kb.run.result import Outcome, Result
from kb.run.workspace import Workspace, workspace

CHILD = str(Path(__file__).with_name("child.py"))
TIMEOUT = 120.0
"""Seconds that a snippet may take unless told otherwise."""

GRACE = 0.5
"""Seconds between asking a process group to stop and killing it."""

_live: set[subprocess.Popen[bytes]] = set()


class Settings(Struct, frozen=True, kw_only=True):
    """How to run snippets."""

    device: str = ""
    """cpu, cuda or mps; empty takes what the snippet picks."""
    python: str = sys.executable
    timeout: float = TIMEOUT
    capture: bool = True
    """Keep stdout and stderr in the result; False lets them stream to this process's own."""
    strict: bool = False
    """Warnings are errors, and what was printed or raised must be what the entry expects."""


def skip_reason(snippet: Snippet, settings: Settings) -> str:
    """Why a snippet cannot run here, in one line with the cure; empty if it can."""
    needs, python = snippet.requires, settings.python
    if not device.has_torch(python):
        return f"needs torch: pip install torch (looked in {python})"
    if needs.min_torch and _release(device.torch_version(python)) < _release(needs.min_torch):
        installed = device.torch_version(python)
        return f"needs torch {needs.min_torch} or newer, this is {installed}: pip install -U torch"
    missing = device.missing_packages(needs.packages, python)
    if missing:
        return f"needs {', '.join(missing)}: pip install {' '.join(missing)}"
    if needs.device and settings.device and needs.device != settings.device:
        return f"needs {needs.device}, was told to use {settings.device}"
    wanted = needs.device or (settings.device if settings.device != "cpu" else None)
    if wanted and not device.probe(python).has(wanted):
        installed = device.torch_version(python)
        return f"needs {wanted}, which torch {installed} does not find here: see ptnote doctor"
    return ""


def run(entry: Entry, snippet: Snippet, settings: Settings, folder: Path | None = None) -> Result:
    """Run a snippet and wait for it. `folder` is its working folder; without one, a throw-away.

    Raises KeyboardInterrupt after ending the child, if interrupted.
    """
    reason = skip_reason(snippet, settings)
    if reason:
        return Result(entry=entry.id, snippet=snippet.name, outcome=Outcome.skipped, reason=reason)
    with workspace(entry, snippet, folder) as place:
        started = time.monotonic()
        status, maxrss, timed_out = _spawn(place, snippet, settings)
        seconds = time.monotonic() - started
        raw = place.read(status, maxrss, timed_out, seconds)
    return judge(entry, snippet, raw, settings)


def _spawn(place: Workspace, snippet: Snippet, settings: Settings) -> tuple[int, int, bool]:
    """Start the child, wait for it, leave nothing of it behind: (status, max RSS, timed out)."""
    with contextlib.ExitStack() as stack:
        streams: dict[str, Any] = {}
        if settings.capture:
            for name in ("stdout", "stderr"):
                streams[name] = stack.enter_context((place.side / name).open("wb"))
        child = subprocess.Popen(
            command(place, snippet, settings),
            cwd=place.folder,
            env={**os.environ, **environment(snippet, settings)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )
        _live.add(child)
        try:
            return _wait(child, settings.timeout)
        finally:
            _end_group(child)
            _live.discard(child)


def command(place: Workspace, snippet: Snippet, settings: Settings) -> list[str]:
    """The child's command line."""
    if snippet.requires.ranks > 1:
        ranks = str(snippet.requires.ranks)
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", ranks]
        return [settings.python, *launcher, str(place.program)]
    strict = ["strict"] if settings.strict else []
    return [settings.python, CHILD, "run", str(place.program), str(place.side / "report"), *strict]


def environment(snippet: Snippet, settings: Settings) -> dict[str, str]:
    """What a child's environment has beyond this process's own."""
    encoding = "utf-8" if settings.capture else ":replace"
    env = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": encoding, "MPLBACKEND": "Agg"}
    if settings.device == "cpu":
        env |= {"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "", "ZE_AFFINITY_MASK": ""}
    if snippet.requires.ranks > 1:
        env["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")  # torchrun warns without
        if settings.strict:  # reaches the ranks, which -W would not
            kinds = ("DeprecationWarning", "FutureWarning")
            env["PYTHONWARNINGS"] = ",".join(f"error::{kind}:__main__" for kind in kinds)
    return env


def _wait(child: subprocess.Popen[bytes], timeout: float) -> tuple[int, int, bool]:
    """Wait for the child itself, whatever it started: (status, max RSS, timed out)."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, usage.ru_maxrss, False
        if time.monotonic() > deadline:
            _end_group(child)
            return -signal.SIGKILL, 0, True
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def end_all() -> None:
    """End every child that any thread of this process is still waiting for."""
    for child in tuple(_live):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End what is left of the child's session, gently first if the child itself still runs."""
    for number in (signal.SIGTERM, signal.SIGKILL) if child.returncode is None else (signal.SIGKILL,):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        if child.returncode is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)


def _release(version: str) -> tuple[int, int]:
    major, minor, *_ = (*version.split("+", maxsplit=1)[0].split("."), "0", "0")
    return int(major), int("".join(c for c in minor if c.isdigit()) or 0)
