"""What comes of running the blocks of a section, each as a program of its own: its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from kb.content.entry import Entry, Snippet, Text
from kb.drafts.code import Code, parsed
from kb.drafts.language import PYTHON
from kb.drafts.packages import package_of
from kb.drafts.program import Chain, Program
from kb.drafts.replaced import aliases_of, uses_of_replaced
from kb.drafts.report import Replaced, Verdict
from kb.run import process
from kb.run.expected import output_matches
from kb.run.pool import Pool
from kb.run.result import Cause, Outcome, Result

OUTPUT_LINES, OUTPUT_WIDTH = 40, 200
"""What is kept of what a program prints."""

FOREIGN = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}
"""Constants of other languages, with their names in Python."""

_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '([\w.]+)'")
_NAME = re.compile(r"NameError: name '([^']+)' is not defined")
_DEVICE = re.compile(
    r"Torch not compiled with CUDA enabled|Found no NVIDIA driver|No CUDA GPUs are available"
    r"|Attempting to deserialize object on a CUDA device|PyTorch is not linked with support for (?:cuda|mps)"
    r"|Cannot access accelerator device|invalid device ordinal"
)
_RANDOM = re.compile(r"random|shuffle|uuid|hash\(")
_WARNED = re.compile(r"^(?P<file>.*?):(?P<line>\d+): (?P<kind>\w*Warning): (?P<said>.*)$", re.MULTILINE)
_OLD = re.compile(r"deprecat|will be removed|upcoming release|has been renamed|was removed", re.IGNORECASE)


class Trial(Struct, frozen=True, kw_only=True):
    """What came of a block."""

    verdict: Verdict
    reason: str = ""
    at: int = 0
    names: tuple[str, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    program: Program | None = None
    output: str = ""
    """What the program prints, with … for what varies."""
    stderr: str = ""
    """What explains the failure."""


def entry_for(path: str, text: str, id: str = "note") -> tuple[Entry, Snippet]:
    """A program of a note as what can be run."""
    said = Text(en=path, zh=path)
    snippet = Snippet(name="block", code=text)
    entry = Entry(
        format=2,
        id=id,
        category="drafts",
        path=path,
        layer="extra",
        digest="",
        title=said,
        summary=said,
        explain=said,
        snippets=(snippet,),
    )
    return entry, snippet


class Trials:
    """Runs the blocks of a section in order, because each needs to know which of those before it ran."""

    def __init__(
        self, path: str, codes: Sequence[Code], lines: Sequence[int], chain: Chain, pool: Pool | None
    ) -> None:
        """`lines` has the line of the file where each block begins; without a pool nothing is run."""
        self._path, self._codes, self._lines, self._chain, self._pool = path, codes, lines, chain, pool
        self._good = [False] * len(codes)

    def __iter__(self) -> Iterator[Trial]:
        for number, code in enumerate(self._codes):
            trial = self._static(code)
            if trial is None:
                program = self._chain.program(number, self._good if self._pool else [True] * len(self._codes))
                trial = self._tried(number, program)
            self._good[number] = trial.verdict in (Verdict.runs, Verdict.outdated) and not trial.stderr
            yield trial

    @staticmethod
    def _static(code: Code) -> Trial | None:
        """The verdict on a block that need not be run."""
        if code.language != PYTHON:
            return Trial(verdict=Verdict.other, reason=code.language)
        if code.fault:
            return Trial(verdict=Verdict.syntax, reason=code.fault, at=code.at)
        if not code.text.strip():
            return Trial(verdict=Verdict.other, reason="empty")
        return None

    def _tried(self, number: int, program: Program) -> Trial:
        old = tuple(_replaced(program, number))
        if self._pool is None:
            return Trial(verdict=Verdict.not_run, replaced=old, program=program)
        if program.waits >= 0:
            line = self._lines[program.waits]
            reason = f"needs names of the block on line {line}, which does not run"
            return Trial(verdict=Verdict.blocked, reason=reason, at=line, replaced=old, program=program)
        result = self._pool.run(*entry_for(self._path, program.text))
        old = tuple(dict.fromkeys([*old, *_warnings(result, program, number, old)]))
        if result.outcome is Outcome.passed:
            return self._passed(number, program, old, self._steady(result, program))
        return self._failed(number, program, result, old)

    def _passed(self, number: int, program: Program, old: tuple[Replaced, ...], output: str) -> Trial:
        lacks = tuple(name for name in self._codes[number].lacks if name in program.lacks)
        return Trial(
            verdict=Verdict.outdated if old else Verdict.runs,
            reason=f"nothing before defines {_listed(lacks)}, which its functions use" if lacks else "",
            names=lacks,
            replaced=old,
            program=program,
            output=output,
        )

    def _steady(self, result: Result, program: Program) -> str:
        """What a program prints each time, told by running it again."""
        assert self._pool is not None
        if not result.stdout.strip():
            return ""
        job = entry_for(self._path, program.text)
        if _RANDOM.search(program.text):  # the forks of a warm process draw the same numbers
            again = process.run(*job, self._pool.settings)
        else:
            again = self._pool.run(*job)
        return steady(result.stdout, again.stdout)

    def _failed(self, number: int, program: Program, result: Result, old: tuple[Replaced, ...]) -> Trial:
        if result.cause in (Cause.torch, Cause.stopped):
            return Trial(verdict=Verdict.not_run, reason=result.reason, replaced=old, program=program)
        code, row = self._codes[number], result.error_line
        at = program.lines[row - 1] if 0 < row <= len(program.lines) else 0
        gone = at > 0 and any(one.removed and one.line == at for one in old)
        verdict, reason, names = _verdict(result, program, code, gone)
        owner = program.owners[row - 1] if at else number
        if at in code.strays:
            verdict, reason, names = Verdict.fails, code.strays[at], ()
        elif row in program.borrowed and verdict is not Verdict.package:
            verdict, at, names = Verdict.blocked, program.borrowed[row], ()
            reason = f"needs an import of the block on line {at}, which does not run"
        elif owner not in (number, -1):
            verdict, at, names = Verdict.blocked, self._lines[owner], ()
            reason = f"stops in the block on line {at}, which runs alone"
        return Trial(
            verdict=verdict,
            reason=reason,
            at=at,
            names=names,
            replaced=old,
            program=program,
            stderr=result.stderr or result.error,
        )


def _verdict(
    result: Result, program: Program, code: Code, gone: bool
) -> tuple[Verdict, str, tuple[str, ...]]:
    """What a failure means: the verdict, the reason in one line, and the names or packages that are missing.
    `gone` says whether its line uses what torch has removed."""
    error = result.error.split("\n")[0]
    module = _MODULE.match(error)
    if module and module[1].partition(".")[0] != "torch":
        package = package_of(module[1])
        if package:
            return Verdict.package, f"{package} is missing: pip install {package}", (package,)
        return Verdict.package, f"the module {module[1]} is missing, a package or a file", (module[1],)
    if _DEVICE.search(result.error):
        return Verdict.device, "torch finds no accelerator here", ()
    name = _NAME.match(error)
    builtin = "builtin_function_or_method" in error and "input" in program.lacks
    if name or builtin:
        first = name[1] if name else "input"
        missing = dict.fromkeys([first, *(one for one in code.lacks if one in program.lacks)])
        return Verdict.incomplete, f"nothing before defines {_listed(missing)}", tuple(missing)
    if gone:
        return Verdict.outdated, error, ()
    return Verdict.fails, error or result.reason, ()


def _listed(names: Iterable[str]) -> str:
    """Names in one line; behind a constant of other languages its name in Python."""
    return ", ".join(f"{name} (in Python: {FOREIGN[name]})" if name in FOREIGN else name for name in names)


def _replaced(program: Program, number: int) -> Iterator[Replaced]:
    """The uses of something replaced in the lines of the block itself."""
    tree, _, _ = parsed(program.text)
    if tree is None:
        return
    for line, name, row in uses_of_replaced(tree, aliases_of(tree)):
        if program.owners[line - 1] == number:
            yield Replaced(program.lines[line - 1], name, row.instead, row.gone)


def _warnings(result: Result, program: Program, number: int, known: Sequence[Replaced]) -> Iterator[Replaced]:
    """What torch said about old names while the block itself ran."""
    seen = {one.line for one in known}
    for found in _WARNED.finditer(result.stderr):
        if not _OLD.search(found["said"]):
            continue
        row = int(found["line"]) if found["file"].endswith("-block.py") else 0
        inside = 0 < row <= len(program.owners)
        if inside and program.owners[row - 1] != number:
            continue
        line = program.lines[row - 1] if inside else 0
        if (line and line in seen) or (not line and (seen or program.uses)):
            continue
        yield Replaced(line, "", found["said"].partition(" (Triggered ")[0])


def steady(first: str, again: str) -> str:
    """What two outputs of a program have in common, with … for lines that differ, cut to a fair size."""
    lines, others = first.rstrip("\n").split("\n"), again.rstrip("\n").split("\n")
    if not output_matches(first, again):
        if len(lines) != len(others):
            return "…\n"
        lines = [line if line == other else "…" for line, other in zip(lines, others, strict=True)]
    lines = [line if len(line) <= OUTPUT_WIDTH else f"{line[:OUTPUT_WIDTH]}…" for line in lines]
    if len(lines) > OUTPUT_LINES:
        lines = [*lines[:OUTPUT_LINES], "…"]
    kept = [line for at, line in enumerate(lines) if line != "…" or lines[at - 1 : at] != ["…"]]
    return "\n".join(kept) + "\n"
