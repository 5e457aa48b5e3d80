"""Completion in the shells themselves. bash is always tried; zsh and fish where they are installed."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import LIBRARY, ROOT

BIN = str(Path(sys.executable).parent)

ASK_BASH = 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _ptnote; printf "%s\\n" "${COMPREPLY[@]}"'

NEW = """\
format: 2
title: {en: Zebra}
summary: {en: Stripes.}
explain: {en: Stripes.}
tags: [stripy]
snippets: [{name: default, code: "print(1)"}]
"""


class Shells:
    """The completion scripts, and what they complete."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PTNOTE_CACHE_DIR": str(cache)}

    def script(self, shell: str) -> Path:
        path = self.folder / f"complete.{shell}"
        made = subprocess.run(
            ["ptnote", "completion", shell], capture_output=True, text=True, check=True, env=self.env
        )
        path.write_text(made.stdout)
        return path

    def bash(self, line: str, cwd: Path | None = None, **env: str) -> list[str]:
        """The words that bash offers at the end of a line."""
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK_BASH, "bash", self.script("bash"), line],
            capture_output=True,
            text=True,
            check=True,
            env={**self.env, **env},
            cwd=cwd or self.folder,
        )
        assert done.stderr == ""
        return done.stdout.split()

    def fish(self, line: str) -> list[str]:
        """What fish offers: words, each with its description behind a tab."""
        done = subprocess.run(
            [
                "fish",
                "--no-config",
                "-c",
                'source $argv[1]; complete -C "$argv[2]"',
                self.script("fish"),
                line,
            ],
            capture_output=True,
            text=True,
            check=True,
            env={**self.env, "HOME": str(self.folder)},
            cwd=self.folder,
        )
        return done.stdout.splitlines()

    def zsh(self, line: str, wanted: str) -> str:
        """What the screen of zsh shows after a line that ends in tabs, as soon as it shows `wanted`."""
        start = (
            f"autoload -Uz compinit; compinit -u -d {self.folder}/dump; source {self.script('zsh')}; PS1='>'"
        )
        env = {**self.env, "TERM": "xterm", "HOME": str(self.folder)}
        return typed(["zsh", "-f", "-i"], [f"{start}\n", line], wanted, env, self.folder)


def typed(command: list[str], lines: list[str], wanted: str, env: dict[str, str], cwd: Path) -> str:
    """What a program on a terminal shows after some lines were typed, as soon as it shows `wanted`."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=env, cwd=cwd, start_new_session=True
    )
    os.close(follower)
    shown, end = b"", time.monotonic() + 30
    try:
        for line in lines:
            time.sleep(1)
            os.write(leader, line.encode())
        while wanted not in plain(shown) and time.monotonic() < end:
            if select.select([leader], [], [], 0.2)[0]:
                shown += os.read(leader, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    return plain(shown)


def plain(shown: bytes) -> str:
    """Without what moves the cursor and colors the text."""
    return re.sub(r"\x1b[\[(][\d;?]*[A-Za-z]|[\r\x07\x08]", "", shown.decode(errors="replace"))


@pytest.fixture(scope="module")
def shells(tmp_path_factory, warm_cache):
    """Shells that share a table of the built-in entries."""
    folder = tmp_path_factory.mktemp("shells")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PTNOTE_PATH", raising=False)
        patch.setenv("PTNOTE_LANG", "en")
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        made = Shells(folder, folder / "cache")
        assert made.bash("ptnote show one-h") == ["one-hot"]
        yield made


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ptnote sea", "search"),
        ("ptnote one-h", "one-hot"),
        ("ptnote 独", "独热"),
        ("ptnote show one-h", "one-hot"),
        ("ptnote show 独", "独热"),
        ("ptnote -L zh show one-h", "one-hot"),
        ("ptnote run one-hot def", "default"),
        ("ptnote run one-hot -s def", "default"),
        ("ptnote show one-hot --snippet def", "default"),
        ("ptnote list -t am", "amp"),
        ("ptnote list los", "losses"),
        ("ptnote tags am", "amp"),
        ("ptnote categories los", "losses"),
        ("ptnote new x -c los", "losses"),
        ("ptnote search --tag am", "amp"),
        ("ptnote search clip tag:train", "training"),  # readline puts it behind the colon
        ("ptnote search category:los", "losses"),
        ("ptnote search --cat", "--category"),
        ("ptnote --lang z", "zh"),
        ("ptnote run one-hot --device cu", "cuda"),
        ("ptnote completion fi", "fish"),
        ("ptnote help sea", "search"),
    ],
)
def test_bash_completes(shells, line, wanted):
    assert wanted in shells.bash(line)


@pytest.mark.parametrize(
    "line", ["ptnote run one-hot default o", "ptnote list -c amp --nosuch", "ptnote sh w"]
)
def test_bash_offers_nothing_wrong(shells, line):
    assert shells.bash(line) == []


def test_bash_completes_on_a_terminal(shells):
    start = f"source {shells.script('bash')}; PS1='>'; ptnote() {{ echo \"RAN:$*:\"; }}\n"
    env = {**shells.env, "TERM": "dumb"}
    for line, ran in [
        ("ptnote show one-h\t\n", "RAN:show one-hot:"),
        ("ptnote search tag:autog\t\n", "RAN:search tag:autograd:"),
    ]:
        assert ran in typed(["bash", "--norc", "-i"], [start, line], ran, env, shells.folder)


def test_a_tab_starts_no_python(shells, tmp_path):
    (tmp_path / "ptnote").write_text("#!/bin/sh\necho asked >&2\n")
    (tmp_path / "ptnote").chmod(0o755)
    script = shells.script("bash")
    (table,) = (shells.cache / "completions").iterdir()
    os.utime(table, (time.time() + 60, time.time() + 60))  # whoever edits entries meanwhile
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK_BASH, "bash", script, "ptnote show one-h"],
        capture_output=True,
        text=True,
        env={**shells.env, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        cwd=shells.folder,
    )
    assert (done.stdout, done.stderr) == ("one-hot\n", "")


def test_the_table_is_private_and_made_when_it_is_missing(shells):
    tables = shells.cache / "completions"
    assert tables.stat().st_mode & 0o077 == 0
    (table,) = tables.iterdir()
    table.unlink()
    assert shells.bash("ptnote show one-h") == ["one-hot"]
    assert table.exists()


def test_a_cache_that_cannot_be_written_completes_all_the_same(shells):
    assert shells.bash("ptnote show one-h", PTNOTE_CACHE_DIR="/dev/null/nowhere") == ["one-hot"]


def test_the_table_follows_the_entries(shells, tmp_path):
    root = tmp_path / "own"
    (root / "basics").mkdir(parents=True)
    env = {"PTNOTE_PATH": str(root)}
    assert shells.bash("ptnote show zeb", **env) == []
    (root / "basics" / "zebra.yaml").write_text(NEW)
    assert shells.bash("ptnote show zeb", **env) == ["zebra"]
    assert shells.bash("ptnote tags strip", **env) == ["stripy"]
    assert shells.bash("ptnote show zeb") == []  # other folders, another table
    (root / "basics" / "zebra.yaml").unlink()
    assert shells.bash("ptnote show zeb", **env) == []


def test_a_project_has_a_table_of_its_own(shells, tmp_path):
    below = tmp_path / "project" / "src"
    below.mkdir(parents=True)
    shutil.copytree(LIBRARY, tmp_path / "project" / ".ptnote")
    assert shells.bash("ptnote show zhongw", cwd=below) == ["zhongwen"]
    assert shells.bash("ptnote show zhongw") == []


def test_commands_refresh_the_table_where_a_shell_completes(shells, ptnote, tmp_path):
    cache = tmp_path / "cache"
    ptnote("list", env={"PTNOTE_CACHE_DIR": str(cache)})
    assert not (cache / "completions").exists()  # no shell has asked
    (cache / "completions").mkdir(mode=0o700)
    ptnote("list", env={"PTNOTE_CACHE_DIR": str(cache)})
    (table,) = (cache / "completions").iterdir()
    before = table.stat().st_mtime_ns
    ptnote("list", env={"PTNOTE_CACHE_DIR": str(cache)})
    assert table.stat().st_mtime_ns == before
    ptnote("list", env={"PTNOTE_CACHE_DIR": str(cache), "PTNOTE_LANG": "zh"})
    assert "\t独热编码\n" in table.read_text()


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes_with_descriptions(shells):
    assert shells.fish("ptnote show one-h") == ["one-hot\tOne-hot encoding"]
    assert "search\tFind entries by words in either language." in shells.fish("ptnote sea")
    assert "独热\tOne-hot encoding" in shells.fish("ptnote 独")
    assert any(line.startswith("default\t") for line in shells.fish("ptnote run one-hot def"))
    assert any(line.startswith("losses\tLoss") for line in shells.fish("ptnote categories los"))
    assert any(re.match(r"tag:amp\t\d+ entries", line) for line in shells.fish("ptnote search tag:am"))
    (shells.folder / "train.log").touch()
    assert "train.log" in shells.fish("ptnote why trai")


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ptnote show one-h\t", "show one-hot"),
        ("ptnote list -t a\t\t", " entries"),
        ("ptnote run one-hot \t", "-- One-hot encoding"),
        ("ptnote categories l\t", "categories losses"),
        ("ptnote search tag:autog\t", "tag:autograd"),
        ("ptnote 独热编\t", "独热编码"),
    ],
)
def test_zsh_completes_with_descriptions(shells, line, wanted):
    assert wanted in shells.zsh(line, wanted)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_valid_and_whole(ptnote, shell):
    script = ptnote("completion", shell).out
    assert "@PROGRAM@" not in script
    assert "@CACHE@" not in script
    assert "completion --table" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_the_program_is_plain_sh():
    program = (ROOT / "pycli" / "shells" / "complete.sh").read_text()
    subprocess.run(["sh", "-n"], input=program, text=True, check=True)
