"""What the tests that inject faults share: `ptnote` in a forked child, and folders of small entries.

A child is forked from the process of the tests, which has imported everything already: a round takes a
twentieth of the time that an interpreter takes to start.
"""

import ctypes
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

from kb import Library
from kb.content.cache import Store
from tests.conftest import ROOT

TIMES = int(os.environ.get("PTNOTE_FAULT_ROUNDS", "1"))
"""How many times as many rounds, and seconds, as by default."""

ENTRY = """\
format: 2
title: {{en: "The {word} entry", zh: "条目"}}
summary: {{en: "Says {word} and nothing else.", zh: "只说一个词。"}}
tags: [word]
aliases: [alias-of-{id}]
explain:
  en: |
    It says {word}.
  zh: |
    只说一个词。
snippets:
  - name: default
    title: {{en: "Say it", zh: "说出来"}}
    code: |
      print("{word}")
    output: |
      {output}
"""


@dataclass
class Ended:
    """A child that has ended."""

    code: int
    """Its exit code; minus the signal's number when a signal ended it."""
    out: str
    err: str


class Child:
    """A function in a child process, its streams in files."""

    def __init__(self, scratch: Path, act, env=None, cwd: Path | None = None) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._streams = scratch / f"{random.getrandbits(64):x}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
            self.pid = os.fork()
        if self.pid == 0:
            self._be_child(act, env or {}, cwd or scratch)

    def _be_child(self, act, env, cwd) -> None:
        code = 70
        try:
            os.setsid()
            for number, suffix in ((1, ".out"), (2, ".err")):
                handle = os.open(f"{self._streams}{suffix}", os.O_RDWR | os.O_CREAT, 0o600)
                os.dup2(handle, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            # a child of a child must not close its streams when it forgets those of its parent
            sys.stdin = open(0, closefd=False)  # noqa: SIM115
            sys.stdout, sys.stderr = (open(n, "w", closefd=False) for n in (1, 2))  # noqa: SIM115
            os.environ.update(env)
            os.chdir(cwd)
            tempfile.tempdir = None
            act()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> Ended:
        """Wait until it ends."""
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        texts = []
        for suffix in (".out", ".err"):
            path = Path(f"{self._streams}{suffix}")
            texts.append(path.read_text(encoding="utf-8") if path.exists() else "")
            path.unlink(missing_ok=True)
        return Ended(code, *texts)


def start(scratch: Path, *arguments: str, before=None, **options) -> Child:
    """Start `ptnote` with these arguments; `before` is called in the child first."""
    from pycli.main import main

    def act() -> None:
        if before:
            before()
        main([*arguments])

    return Child(scratch, act, **options)


def ptnote(scratch: Path, *arguments: str, **options) -> Ended:
    """Run `ptnote` to its end. No traceback is ever right."""
    ended = start(scratch, *arguments, **options).end()
    assert "Traceback" not in ended.err, ended.err
    assert ended.code in (0, 1, 2), ended
    return ended


def word(rng: random.Random) -> str:
    """A word that no correction of spelling takes for another one."""
    return "q" + "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=13))


def write_entry(root: Path, id: str, said: str, output: str = "") -> Path:
    """Write an entry that is found by the word `said`, as editors do: with one rename."""
    path = root / "words" / f"{id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{id}.swp")
    scratch.write_text(ENTRY.format(id=id, word=said, output=output or said), encoding="utf-8")
    scratch.replace(path)
    return path


def entries(root: Path, rng: random.Random, count: int = 20) -> dict[str, str]:
    """A folder of small entries; the word of each."""
    words = {f"entry-{number}": word(rng) for number in range(count)}
    for id, said in words.items():
        write_entry(root, id, said)
    return words


def copied_cache(warm: str, place: Path) -> Path:
    """A cache folder that holds the store of the built-in entries, and no other."""
    place.mkdir(mode=0o700)
    directory = Store.of(ROOT / "entries").directory
    assert directory is not None and str(directory).startswith(warm)
    shutil.copytree(directory, place / directory.name)
    (place / directory.name).chmod(0o700)
    return place


def builtin_instead(monkeypatch, root: Path) -> None:
    """Have a small folder take the place of the built-in entries, here and in children."""
    monkeypatch.setattr("kb.paths.builtin_entries", lambda: root)
    for table in ("categories.yaml", "synonyms.yaml", "sources.yaml"):
        shutil.copy(ROOT / "entries" / table, root / table)


def warm_up() -> None:
    """Import all that a search needs, so that children need not."""
    import pycli.commands.list
    import pycli.commands.lookup
    import pycli.commands.search
    import pycli.commands.show  # noqa: F401

    Library.load(ROOT / "tests" / "library").search("plus tensor")


def without_privileges() -> None:
    """Take from root what lets it pass over permissions."""
    if os.geteuid() == 0:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
            raise OSError(ctypes.get_errno(), "capset")
