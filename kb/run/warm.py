"""A warm process: it imports torch once, and forks a child for every snippet it is given."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from kb.content.entry import Snippet
from kb.run import confine, torch
from kb.run.job import Job
from kb.run.judge import judge
from kb.run.process import ENVIRONMENT, Follow, additions
from kb.run.result import Result
from kb.run.session import MARK, end_marked, new_mark
from kb.run.settings import Settings
from kb.run.workspace import FILE_LIMIT, workspace

GRACE = 10.0
"""Seconds that a warm process may take to end, before it is killed and its snippet goes on alone. It ends
at once unless the machine is very busy."""


SERVER = str(Path(__file__).with_name("server.py"))


def why_not_fork(snippet: Snippet, settings: Settings) -> str:
    """Why a snippet needs a process of its own; empty if it may be forked from a warm one."""
    if not sys.platform.startswith("linux"):
        return f"no safe fork on {sys.platform}"
    if settings.device == "cuda" or snippet.requires.device == "cuda":
        return "CUDA does not survive a fork"
    return ""


class Gone(Exception):
    """The warm process has ended; nothing is known of the snippet it was given."""


class Warm:
    """A process that runs `server.py`. One job at a time; `close` may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._mark = new_mark()
        environment = {**confine.visible(os.environ, settings), **ENVIRONMENT, MARK: self._mark}
        self._process = subprocess.Popen(
            [settings.python, SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, **torch.environment(settings.device, 1, False, settings.threads)},
            encoding="utf-8",
            start_new_session=True,
        )
        self._closing = threading.Lock()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def run(
        self,
        job: Job,
        settings: Settings,
        folder: Path | None = None,
        follow: Follow = contextlib.nullcontext,
    ) -> Result:
        """Run a snippet and its proofs in a fork; `folder` and `follow` are those of `process.run`.

        The device may be another one than that of this process, unless this process cannot see it. Raises
        Gone, and BadFile if there is no place for the run.
        """
        entry, snippet, proofs = job
        code = snippet.code + (entry.answer + entry.proofs_code if proofs else "")
        with workspace(entry, snippet, folder, proofs) as place, follow(place):
            answer = self.ask(
                {
                    **place.job(settings.strict),
                    "limit": FILE_LIMIT,
                    "memory": confine.memory(snippet, settings),
                    "modules": torch.warm_modules(code),
                    "ranks": snippet.requires.ranks,
                    "side": str(place.side),
                    "folder": str(place.folder),
                    "env": additions(place, snippet, settings),
                    "timeout": settings.timeout,
                }
            )
            raw = place.read(**answer)
        return judge(entry, snippet, raw, settings, proofs)

    def prepare(self, code: str) -> None:
        """Have the modules imported that take long and that this code uses. Raises Gone."""
        self.ask({"modules": torch.warm_modules(code)})

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Have one job run, see `server.py`. Raises Gone."""
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            assert self._process.stdout is not None
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            return answer
        except (OSError, ValueError) as error:
            self.close()  # whoever killed the process may still run, with all that it has started
            raise Gone from error

    def close(self) -> None:
        """End the process and what it forked."""
        with self._closing:
            self._process.terminate()  # does nothing once the process has been reaped
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            end_marked(self._mark)
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
