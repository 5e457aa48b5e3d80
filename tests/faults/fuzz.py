"""Fuzzing guided by coverage, with atheris: `pip install atheris`, then

    python -m tests.faults.fuzz TARGET [CORPUS…] [-max_total_time=60]

A target is one of the places where text from outside arrives: `entry`, `proofs`, `query`, `why`, `pattern`,
`config`. An input that raises anything but the error of bad input, takes more than 2 s of CPU, or needs more
than 300 MB with all that was loaded before is a crash, and libFuzzer writes it into the current folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["kb", "pycli", "yaml"]):
    from kb import Library, paths
    from kb.content.parse import parse
    from kb.content.proofs import read_proofs
    from kb.errors import BadQuery, BadSetting
    from kb.messages import pattern
    from kb.messages.failures import failures
    from pycli import config

LIMITS = ("-timeout=60", "-rss_limit_mb=300", "-max_len=4096")
SECONDS = 2.0
"""CPU time that an input may take."""

ENTRIES = Path(__file__).parents[2] / "entries"


def text(raw: bytes) -> str:
    """Any text, lone surrogates included, as the arguments of a command may hold them."""
    return raw.decode("utf-8", "surrogateescape")


def entry(raw: bytes) -> None:
    """A file of an entry."""
    parse(Path("basics/a.yaml"), raw, "user")


def proofs(raw: bytes) -> None:
    """A file of proofs, which is read and not executed."""
    read_proofs(Path("basics/a.proofs.py"), raw)


def query(raw: bytes) -> None:
    """A question, with and without a limit of one."""
    for limit in (1, 10):
        try:
            LIBRARY.search(text(raw), limit=limit)
        except BadQuery:
            return


def why(raw: bytes) -> None:
    """A log, and the same as a message."""
    said = text(raw)
    for failure in failures(said):
        assert failure.text.strip()
    LIBRARY.why(said)
    LIBRARY.why(said, certain=True)


def match(raw: bytes) -> None:
    """A pattern, and after the first NUL the text that it is compared with."""
    before, _, after = text(raw).partition("\0")
    parsed = pattern.parse(before)
    prepared = pattern.prepare(after)
    pattern.find(parsed, prepared)
    pattern.part(parsed, prepared)


def settings(raw: bytes) -> None:
    """The file of settings."""
    paths.config_file().write_bytes(raw)
    try:
        config.theme(config.load())
    except BadSetting:
        return


def beginnings(files: str) -> Iterator[str]:
    """What files of entries begin with."""
    for path in sorted(ENTRIES.glob(files)):
        yield path.read_text(encoding="utf-8")[:4096]


def phrases() -> Iterator[str]:
    """What people ask."""
    for path in sorted(ENTRIES.glob("*/*.asked.txt")):
        yield from path.read_text(encoding="utf-8").splitlines()[::10]


def matches() -> Iterator[str]:
    """Each pattern, with a text in which it is found."""
    for _, pattern in LIBRARY.shelf.patterns():
        yield f"{pattern.match}\0RuntimeError: {pattern.match}"


def tables() -> Iterator[str]:
    """Settings that are right, and some that are not."""
    yield "lang = 'zh'\ncolor = 'always'\ntheme = 'dark'\npager = 'less'\npython = 'python3'\ntimeout = 2.5\n"
    yield "timeout = '1'\n[lang]\nen = [1, {a = 2}]\n"


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], Iterator[str]]]] = {
    "entry": (entry, lambda: beginnings("*/*.yaml")),
    "proofs": (proofs, lambda: beginnings("*/*.proofs.py")),
    "query": (query, phrases),
    "why": (why, lambda: beginnings("*/*.messages.yaml")),
    "pattern": (match, matches),
    "config": (settings, tables),
}
"""What is called, and the first inputs."""


def timed(called: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, which raises if it takes long."""

    def call(raw: bytes) -> None:
        started = time.process_time()
        called(raw)
        assert time.process_time() - started < SECONDS

    return call


if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"name a target: {', '.join(TARGETS)}")
    FOLDER = Path(tempfile.mkdtemp(prefix="ptnote-fuzz-"))
    os.environ["PTNOTE_CONFIG"] = str(FOLDER / "config.toml")
    LIBRARY = Library.load(ENTRIES)
    LIBRARY.search("warm")
    called, inputs = TARGETS[name]
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for number, one in enumerate(inputs()):
        (corpus / str(number)).write_text(one, encoding="utf-8")
    atheris.Setup([sys.argv[0], *LIMITS, *arguments, str(corpus)], timed(called))
    atheris.Fuzz()
