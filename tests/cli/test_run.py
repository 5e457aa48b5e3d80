"""`ptnote run`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import COMMAND, on_terminal, one_line
from tests.conftest import LIBRARY

pytestmark = pytest.mark.needs_torch


def test_run_streams_passes_the_code_on_and_closes_with_one_line(small):
    done = small("run", "passes", "--yes")
    assert (done.code, done.out) == (0, "[4.0, 6.5]\n")
    assert re.search(r"passes/default passed · .+ · torch 2\.\S+ · \d+\.\d\d s · peak \d+ MiB", done.err)
    assert small("run", "fails", "-s", "exits", "--yes").code == 3
    assert small("run", "passes", "wrong", "--yes").code == 1


def test_foreign_code_is_asked_for_once(small):
    done = small("run", "passes")
    assert done.code == 1
    one_line(done, "passes.yaml:", "not part of ptnote", "--yes")
    assert small("run", "passes", "--yes").code == 0
    assert small("run", "passes").code == 0


def test_a_missing_device_is_one_line_and_exit_77(ptnote):
    missing = "mps" if sys.platform == "linux" else "cuda"
    done = ptnote("run", "one-hot", "--device", missing)
    assert (done.code, done.out) == (77, "")
    one_line(done, f"needs {missing}", "ptnote doctor")


WAITS = """
format: 2
title: {en: "A snippet that waits", zh: "一直等待的片段"}
summary: {en: "Waits without end.", zh: "一直等待。"}
explain: {en: "Waits.", zh: "等待。"}
snippets:
  - name: default
    code: |
      import time

      print("started", flush=True)
      while True:
          time.sleep(0.05)
"""


@pytest.fixture
def waits(tmp_path):
    """A folder of entries whose only snippet ends when it is ended."""
    path = tmp_path / "waits" / "basics" / "waits.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(WAITS)
    return {"PTNOTE_PATH": str(tmp_path / "waits")}


def test_ctrl_c_ends_everything_with_130(waits, tmp_path):
    process = subprocess.Popen(
        [COMMAND, "run", "waits", "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **waits},
        cwd=tmp_path,
    )
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err == "ptnote: interrupted\n"


def test_a_time_out_is_exit_124(waits, ptnote):
    done = ptnote("run", "waits", "--timeout", "1", "--yes", env=waits)
    assert done.code == 124
    one_line(done, "longer than 1 s")


def test_a_result_as_json(small):
    done = small("run", "passes", "--json", "--yes")
    result = json.loads(done.out)
    assert (result["outcome"], result["stdout"], result["exit_code"]) == ("passed", "[4.0, 6.5]\n", 0)


def test_the_working_folder_can_be_kept(ptnote):
    done = ptnote("run", "checkpoint-resume", "-s", "best", "--keep")
    folder = Path(done.err.splitlines()[-1].rpartition(" ")[2])
    assert sorted(path.name for path in folder.iterdir()) == ["best.pt", "last.pt"]
    shutil.rmtree(folder)


def test_on_a_terminal_foreign_code_is_shown_and_asked_for():
    env = {"PTNOTE_PATH": str(LIBRARY)}
    refused = on_terminal("run", "passes", "--color=never", typed="n\n", **env)
    assert "import operator" in refused
    assert "passes.yaml" in refused
    assert "Run it?" in refused
    assert refused.endswith("ptnote: nothing was run\n")
    agreed = on_terminal("run", "passes", typed="y\n", **env)
    assert "[4.0, 6.5]" in agreed
    assert "Run it?" not in on_terminal("run", "passes", **env)


def test_a_refused_run_leaves_no_folder(small, tmp_path):
    done = small("run", "passes", "--keep", env={"TMPDIR": str(tmp_path)})
    assert done.code == 1
    assert not list(tmp_path.glob("ptnote-*"))


WRITES = """
format: 2
title: {en: "A snippet that writes", zh: "写文件的片段"}
summary: {en: "Writes files.", zh: "写文件。"}
explain: {en: "Writes.", zh: "写。"}
snippets:
  - name: default
    code: |
      from pathlib import Path

      Path("runs").mkdir()
      for name in ("model.pt", "runs/log.txt"):
          Path(name).write_text("x")
"""


@pytest.fixture
def writes(tmp_path):
    """A folder of entries whose only snippet writes two files."""
    path = tmp_path / "writes" / "basics" / "writes.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(WRITES)
    return {"PTNOTE_PATH": str(tmp_path / "writes")}


def test_the_closing_line_says_what_was_written(ptnote, writes):
    done = ptnote("run", "writes", "--yes", env=writes)
    one_line(done, "writes/default passed", "wrote model.pt, runs/log.txt, gone now; --keep keeps the files")
    done = ptnote("run", "writes", "--keep", env=writes)
    folder = done.err.rstrip().rpartition(" ")[2]
    one_line(done, "writes/default passed", f"wrote model.pt, runs/log.txt, kept in {folder}")
    assert (Path(folder) / "runs" / "log.txt").read_text() == "x"
    shutil.rmtree(folder)
    files = json.loads(ptnote("run", "writes", "--json", env=writes).out)["files"]
    assert files == ["model.pt", "runs/log.txt"]
    assert "wrote" not in ptnote("run", "one-hot").err


def test_a_terminal_shows_the_code_first(writes):
    assert "Run it?" in on_terminal("run", "writes", typed="y\n", **writes)
    shown = on_terminal("run", "writes", "--color=never", **writes)
    assert shown.startswith("from pathlib import Path\n")
    assert "writes/default passed" in shown
    assert on_terminal("run", "writes", "--quiet", **writes) == ""


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04"])
def test_who_does_not_agree_is_told_that_nothing_was_run(answer):
    refused = on_terminal("run", "passes", "--color=never", typed=answer, PTNOTE_PATH=str(LIBRARY))
    assert refused.count("import operator") == 1
    assert refused.endswith("ptnote: nothing was run\n")
    assert "interrupted" not in refused
