"""Runs proofs: functions of the proofs file of an entry, each of which receives what a snippet or the answer
of the entry left behind. Loaded by `child.py`, perhaps under an interpreter that knows nothing of ptnote,
from Python 3.8 on.

A job is a JSON object: `path`, the proofs file to execute, and `shown`, the name it has in tracebacks;
`answer`, the file that holds the answer; `name`, the parameter that stands for the snippet which was just
executed; `others`, the files of the other snippets by their parameters, with whether they raise; and `tests`,
for each proof `function`, the parameters it `needs`, and the `packages` without which it is skipped.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib
import io
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

HIDDEN = re.compile("__.*__")
"""Names that every program has."""


class Prover:
    """Runs proofs of one entry, one after the other, in this process.

    Proofs about a snippet see the same names, with what earlier proofs have changed in them. The answer is
    executed anew for each proof.
    """

    def __init__(
        self, job: dict[str, Any], run_file: Callable[[str, dict[str, Any]], None], names: dict[str, Any]
    ) -> None:
        self.job, self.run_file = job, run_file
        self.left = {job["name"]: names}
        """The names that each snippet left behind, by its parameter."""
        self.functions: dict[str, Any] | None = None
        """The names that the proofs file defines, once it has been executed."""

    def run(self, name: str) -> dict[str, Any]:
        """Run one proof: its `name`, the `error` it met, empty if none, with its `trace` and the `line` of
        the proofs file where it arose, and the package it `lacks`, if it cannot be run for that reason."""
        test = self.job["tests"][name]
        found = {"name": name, "error": "", "trace": "", "line": 0, "lacks": ""}
        try:
            with _silent():
                values = {need: self._value(need) for need in test["needs"]}
                self._defined()[test["function"]](**values)
        except BaseException as error:  # noqa: BLE001 - SystemExit is an error here too
            lacks = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
            if lacks.partition(".")[0] in test["packages"]:
                found["lacks"] = lacks.partition(".")[0]
                return found
            found["error"] = _described(error)
            frames = traceback.extract_tb(error.__traceback__)
            found["line"] = next((f.lineno for f in reversed(frames) if f.filename == self.job["shown"]), 0)
            with contextlib.suppress(Exception):
                inside = [frame for frame in frames if frame.filename != __file__]
                lines = traceback.format_exception_only(type(error), error)
                found["trace"] = "".join([*traceback.format_list(inside), *lines])
        return found

    def _value(self, need: str) -> Any:
        """What a parameter of a proof receives."""
        if need in HELPERS:
            return HELPERS[need]
        names = self._answered() if need == "answer" else self._left_by(need)
        return types.SimpleNamespace(**{k: v for k, v in names.items() if not HIDDEN.fullmatch(k)})

    def _answered(self) -> dict[str, Any]:
        """The names that the answer leaves behind, those it was given included."""
        given = self._defined().get("given")
        names = dict(given()) if given else {}
        with open(self.job["answer"], encoding="utf-8") as file:
            exec(compile(file.read(), self.job["answer"], "exec", dont_inherit=True), names)
        return names

    def _left_by(self, parameter: str) -> dict[str, Any]:
        if parameter not in self.left:
            other = self.job["others"][parameter]
            names: dict[str, Any] = {}
            with contextlib.suppress(Exception) if other["raises"] else contextlib.nullcontext():
                self.run_file(other["path"], names)
            self.left[parameter] = names
        return self.left[parameter]

    def _defined(self) -> dict[str, Any]:
        if self.functions is None:
            names: dict[str, Any] = {"__name__": "proofs", "__file__": self.job["shown"]}
            with open(self.job["path"], encoding="utf-8-sig") as file:
                exec(compile(file.read(), self.job["shown"], "exec", dont_inherit=True), names)
            self.functions = names
        return self.functions


class raises:  # noqa: N801 - proofs use it as a function
    """A context in which an exception of a type must be raised, whose message holds `text`; … in it stands
    for anything. `error` is the exception then."""

    def __init__(self, kind: type[BaseException] | tuple[type[BaseException], ...], text: str = "") -> None:
        self.kind, self.text = kind, text
        self.error: BaseException | None = None

    def __enter__(self) -> raises:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise AssertionError(f"nothing was raised; {self.text or self.kind} was expected")
        if not isinstance(error, self.kind):
            return False
        pattern = ".*".join(re.escape(" ".join(part.split())) for part in self.text.split("…"))
        if not re.search(pattern, " ".join(str(error).split())):
            raise AssertionError(f"{_described(error)!r} does not say {self.text!r}") from error
        self.error = error
        return True


def in_ranks(work: Callable[[int], Any], ranks: int = 2, seconds: float = 60) -> list[Any]:
    """What `work(rank)` returns, or the message of what it raises, in each of several processes. They form a
    group of gloo with a timeout of `seconds`. A process that has returned stays in the group until all are
    done, so that the others wait for it as for one that is busy; one that has raised leaves."""
    torch, dist = map(importlib.import_module, ("torch", "torch.distributed"))

    context = multiprocessing.get_context("fork")
    results, all_done, kept = context.SimpleQueue(), context.Event(), []
    folder = tempfile.mkdtemp(dir=".")

    def be(rank: int) -> None:
        torch.set_num_threads(1)  # the threads of the process that forked are not there
        dist.init_process_group(
            "gloo",
            init_method=f"file://{os.path.abspath(folder)}/meeting",
            rank=rank,
            world_size=ranks,
            timeout=datetime.timedelta(seconds=seconds),
        )
        try:
            results.put((rank, work(rank)))
            all_done.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, its message is the result
            results.put((rank, str(error)))
        # deleting a group joins its thread while the GIL is held, for which that thread may be waiting
        kept.append(dist.group.WORLD)
        dist.destroy_process_group()

    processes = [context.Process(target=be, args=(rank,)) for rank in range(ranks)]
    for process in processes:
        process.start()
    found = dict(results.get() for _ in processes)
    all_done.set()
    for process in processes:
        process.join()
    shutil.rmtree(folder)
    return [found[rank] for rank in range(ranks)]


HELPERS: dict[str, Callable[..., Any]] = {"raises": raises, "in_ranks": in_ranks}
"""The parameters that receive a function for proofs."""


def _described(error: BaseException) -> str:
    name = type(error).__qualname__
    module = type(error).__module__
    text = f"{name if module in ('builtins', '__main__', 'proofs') else f'{module}.{name}'}: {error}"
    if isinstance(error, AssertionError) and not str(error):
        frames = traceback.extract_tb(error.__traceback__)
        text = f"{name}: {frames[-1].line}" if frames and frames[-1].line else name
    return text


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Drop what is written to stdout and stderr meanwhile: it must not be taken for that of the snippet."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the snippet may have closed it
            stream.flush()
    kept = [os.dup(1), os.dup(2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in (1, 2):
            os.dup2(nothing, descriptor)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for descriptor, before in zip((1, 2), kept):  # noqa: B905 - strict= needs Python 3.10
            os.dup2(before, descriptor)
            os.close(before)
        os.close(nothing)
