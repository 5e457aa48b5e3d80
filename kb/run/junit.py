"""Results of many snippets as a JUnit XML file, for CI systems."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as Xml

from kb.errors import BadFile
from kb.run.result import Outcome, Result


def write_junit(results: Iterable[Result], path: Path) -> None:
    """Write `results` to `path`. Raises BadFile."""
    results = list(results)
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
        if result.outcome is Outcome.skipped:
            Xml.SubElement(case, "skipped", message=result.reason)
        elif result.outcome is not Outcome.passed:
            failure = Xml.SubElement(case, "failure", message=result.reason)
            failure.text = _printable(result.stdout + result.stderr)
    try:
        Xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise BadFile(f"cannot write {path}: {error.strerror}; give --junit another path") from error


def _printable(text: str) -> str:
    """Without the control characters that XML forbids."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
