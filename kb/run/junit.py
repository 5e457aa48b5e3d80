"""Results of many snippets as a JUnit XML file, for CI systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

from msgspec import structs

from kb.errors import BadFile
from kb.run.result import Outcome, Result

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything but the characters of XML 1.0, section 2.2."""


def write_junit(results: Iterable[Result], path: Path) -> None:
    """Write `results` to `path`. Raises BadFile, for a link as well: what it names need not be what was
    meant, in a project that somebody else has made."""
    if path.is_symlink() and path.parent != Path("/dev"):
        raise BadFile(f"{path} is a link; give --junit the path {path.resolve()}")
    results = [each for result in results for each in _with_proofs(result)]
    suite = Xml.Element(
        "testsuite",
        name="ptnote",
        tests=str(len(results)),
        failures=str(sum(r.outcome in (Outcome.failed, Outcome.timeout) for r in results)),
        skipped=str(sum(r.outcome is Outcome.skipped for r in results)),
        time=f"{sum(r.seconds for r in results):.3f}",
    )
    for result in results:
        case = Xml.SubElement(
            suite, "testcase", classname=result.entry, name=result.snippet, time=f"{result.seconds:.3f}"
        )
        message = _FORBIDDEN.sub("", result.reason)
        if result.outcome is Outcome.skipped:
            Xml.SubElement(case, "skipped", message=message)
        elif result.outcome is not Outcome.passed:
            failure = Xml.SubElement(case, "failure", message=message)
            diff = f"{result.diff}\n" if result.diff else ""
            failure.text = _FORBIDDEN.sub("", diff + result.stdout + result.stderr)
    try:
        Xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise BadFile(f"cannot write {path}: {error.strerror}; give --junit another path") from error


def _with_proofs(result: Result) -> Iterator[Result]:
    """A result, then one for each proof that was run after it; a run without a snippet is its proofs."""
    if result.snippet or result.outcome is not Outcome.passed:
        yield structs.replace(result, snippet=result.snippet or "proofs")
    for proof in result.proofs:
        yield Result(
            entry=result.entry,
            snippet=f"proof {proof.name}",
            outcome=proof.outcome,
            reason=proof.reason,
            stderr=proof.trace,
        )
