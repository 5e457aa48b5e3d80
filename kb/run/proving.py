"""The proofs of a run: the files that `prove.py` executes, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.entry import Entry, Proof, Snippet
from kb.content.proofs import ANSWER, PREFIX, parameter
from kb.run.result import Outcome, Proved


class ProofReport(Struct, frozen=True, kw_only=True):
    """What `prove.py` says of one proof."""

    name: str
    error: str = ""
    trace: str = ""
    line: int = 0
    lacks: str = ""


def lay_out(folder: Path, entry: Entry, snippet: Snippet, proofs: tuple[Proof, ...]) -> dict[str, Any]:
    """Write the files that proofs need into a folder; the job for `prove.py`, see there, empty without
    proofs. Raises OSError."""
    if not proofs:
        return {}
    folder.mkdir(mode=0o700)
    needed = {need for proof in proofs for need in proof.needs}
    others = {}
    for number, other in enumerate(entry.snippets):
        if parameter(other.name) in needed and other.name != snippet.name:
            path = _write(folder / f"{number}.py", other.code)
            others[parameter(other.name)] = {"path": path, "raises": bool(other.raises)}
    return {
        "path": _write(folder / "proofs", entry.proofs_code),
        "shown": entry.proofs_path,
        "answer": _write(folder / "answer", entry.answer) if ANSWER in needed else "",
        "name": parameter(snippet.name),
        "raises": bool(snippet.raises),
        "others": others,
        "tests": {
            proof.name: {
                "function": PREFIX + proof.name,
                "needs": [*proof.needs, *proof.helpers],
                "packages": proof.packages,
            }
            for proof in proofs
        },
    }


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def judge_proofs(
    proofs: tuple[Proof, ...], reports: tuple[ProofReport, ...], stopped: str, not_run: str
) -> tuple[Proved, ...]:
    """What came of the proofs of a run. `stopped` says how the process ended if it did so in the midst of
    one; the proofs that were not run are skipped, for the reason `not_run` if the snippet is to blame."""
    told = {report.name: report for report in reports}
    found = []
    for proof in proofs:
        report = told.get(proof.name)
        if report is not None:
            found.append(_judged(proof, report))
        elif stopped:
            found.append(Proved(proof.name, proof.says, Outcome.failed, stopped, proof.line))
            stopped, not_run = "", "the process had ended"
        else:
            found.append(Proved(proof.name, proof.says, Outcome.skipped, not_run, proof.line))
    return tuple(found)


def _judged(proof: Proof, report: ProofReport) -> Proved:
    if report.lacks:
        reason = f"needs {report.lacks}: pip install {report.lacks}"
        return Proved(proof.name, proof.says, Outcome.skipped, reason, proof.line)
    if report.error:
        line = report.line if 0 < report.line < 1 << 31 else proof.line
        reason = report.error.split("\n")[0]
        return Proved(proof.name, proof.says, Outcome.failed, reason, line, report.trace)
    return Proved(proof.name, proof.says, Outcome.passed, "", proof.line)
