"""What snippets write: pictures in the terminal, and files that are saved."""

import json
from pathlib import Path

import pytest

from tests.cli.helpers import on_terminal, one_line

pytestmark = pytest.mark.needs_torch

NOTE = """\
format: 2
title: Writes
summary: Writes files.
explain: Writes files.
snippets:
  - name: default
    code: |
      import os
      from pathlib import Path

      Path("runs").mkdir()
      for name in ("model.pt", "runs/log.txt"):
          Path(name).write_text("x")
      os.symlink("/etc/passwd", "link")
  - name: plot
    title: Plot
    code: |
      import struct
      import zlib
      from pathlib import Path

      def chunk(name, data):
          body = name + data
          return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

      rows = b"".join(b"\\0" + bytes((255, 0, 0)) * 40 for _ in range(40))
      head = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
      png = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
      Path("red.png").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n" + png)
  - name: broken
    title: Broken
    code: |
      open("broken.png", "w").write("no picture")
"""


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    """A folder with one note."""
    path = tmp_path / "notes" / "tricks" / "writes.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(NOTE)
    monkeypatch.setenv("PTNOTE_PATH", str(tmp_path / "notes"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return path


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "tmp").glob("ptnote-*"))


def test_files_are_saved(ptnote, tmp_path):
    done = ptnote("run", "writes", "--save", "out/deep", "--yes")
    assert done.code == 0
    one_line(done, "wrote model.pt, runs/log.txt, kept in out/deep")
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*"))
    assert found == ["deep", "deep/model.pt", "deep/runs", "deep/runs/log.txt"]
    assert left(tmp_path) == []


def test_files_that_exist_are_not_replaced_unless_asked_for(ptnote, tmp_path):
    (tmp_path / "model.pt").write_text("mine")
    done = ptnote("run", "writes", "--save", ".", "--yes")
    assert done.code == 1
    one_line(done, "model.pt exists already", "--force")
    assert (tmp_path / "model.pt").read_text() == "mine"
    assert not (tmp_path / "runs").exists()
    (kept,) = left(tmp_path)
    assert (tmp_path / "tmp" / kept / "model.pt").read_text() == "x"
    assert ptnote("run", "writes", "--save", ".", "--force").code == 0
    assert (tmp_path / "model.pt").read_text() == "x"


@pytest.mark.parametrize(
    ("typed", "text", "lang"), [("y\n", "x", "en"), ("n\n", "mine", "en"), ("n\n", "mine", "zh")]
)
def test_a_terminal_asks(tmp_path, typed, text, lang):
    (tmp_path / "model.pt").write_text("mine")
    shown = on_terminal("run", "writes", "--save", str(tmp_path), "--yes", "-L", lang, typed=typed)
    assert ("exists already. Replace it?" if lang == "en" else "已经存在，要替换吗？") in shown
    assert (tmp_path / "model.pt").read_text() == text


def test_a_folder_that_cannot_be_written_loses_nothing(ptnote, tmp_path):
    (tmp_path / "file").write_text("")
    done = ptnote("run", "writes", "--save", "file/out", "--yes")
    assert done.code == 1
    one_line(done, "cannot save to", "the files are still in")
    (kept,) = left(tmp_path)
    assert (tmp_path / "tmp" / kept / "runs" / "log.txt").exists()


def test_json_and_saving(ptnote, tmp_path):
    done = ptnote("run", "writes", "--save", "out", "--json", "--yes")
    assert json.loads(done.out)["files"] == ["model.pt", "runs/log.txt"]
    assert (tmp_path / "out" / "model.pt").exists()


def test_a_snippet_is_named_behind_a_colon(ptnote):
    assert ptnote("run", "writes:plot", "--yes").code == 0
    assert "red.png" in ptnote("show", "writes:plot").out
    assert ptnote("writes:plot").out == ptnote("show", "writes", "plot").out
    one_line(ptnote("writes:nope"), "entry 'writes' has no snippet 'nope'")
    assert "red.png" in ptnote("show", "writes：plot", "--code").out
    one_line(ptnote("run", "writes:nope"), "entry 'writes' has no snippet 'nope'")
    one_line(ptnote("run", "nope:plot"), "no entry 'nope'")


def test_a_picture_is_drawn_in_a_terminal(tmp_path):
    pytest.importorskip("textual_image")
    shown = on_terminal("run", "writes:plot", "--yes", TERM="xterm-256color", COLORTERM="truecolor")
    assert "▀" in shown
    assert "38;2;255;0;0" in shown
    assert "wrote red.png, gone now" in shown
    assert left(tmp_path) == []


def test_where_no_picture_can_be_drawn_it_says_where_it_is(tmp_path):
    shown = on_terminal("run", "writes:plot", "--yes", TERM="dumb")
    assert "▀" not in shown
    (kept,) = left(tmp_path)
    assert f"wrote red.png, kept in {tmp_path / 'tmp' / kept}" in shown


def test_a_missing_extra_is_one_line(tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'textual_image' else find(name, *a)\n"
    )
    shown = on_terminal("run", "writes:plot", "--yes", PYTHONPATH=str(hidden), TERM="xterm-256color")
    assert "ptnote: to see pictures in the terminal: pip install 'ptnote-pytorch[pictures]'\n" in shown
    assert "wrote red.png, kept in" in shown


def test_a_broken_picture_is_kept_and_nothing_else_happens(tmp_path):
    pytest.importorskip("textual_image")
    shown = on_terminal("run", "writes:broken", "--yes", TERM="xterm-256color")
    assert "Traceback" not in shown
    assert "writes/broken passed" in shown
    assert "kept in" in shown
    assert Path(tmp_path, "tmp", *left(tmp_path), "broken.png").exists()


def test_a_pipe_and_quiet_draw_nothing(ptnote, tmp_path):
    done = ptnote("run", "writes:plot", "--yes")
    assert done.out == ""
    one_line(done, "wrote red.png, gone now; --keep keeps the files")
    assert on_terminal("run", "writes:plot", "--quiet", TERM="xterm-256color") == ""
    assert left(tmp_path) == []
