"""`ptnote copy`."""

import base64
import os
import re

import pytest

from kb import Library
from tests.cli.helpers import on_terminal, one_line
from tests.conftest import ROOT

SSH = {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "TMUX": ""}
LOCAL = {"SSH_CONNECTION": "", "SSH_TTY": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.fixture
def entry():
    return Library.load(ROOT / "entries").get("one-hot")


def copied(shown):
    """What a terminal was told to put on the clipboard."""
    return base64.b64decode(re.search(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", shown)[1]).decode()


@pytest.fixture
def clipboard(tmp_path):
    """A program that pyperclip takes for the clipboard, and the file that it writes."""
    for name in ("xclip", "xsel", "pbcopy"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ncat > {tmp_path}/clipboard\n")
        program.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**LOCAL, "DISPLAY": ":0", "PATH": path}, tmp_path / "clipboard"


def test_over_ssh_the_terminal_gets_it(entry):
    shown = on_terminal("copy", "one-hot", **SSH)
    assert copied(shown) == entry.answer
    assert "copied one-hot, 1 line\n" in shown
    assert "已复制 one-hot，1 行" in on_terminal("copy", "one-hot", "-L", "zh", **SSH)


@pytest.mark.parametrize("words", [["one-hot:mask"], ["one-hot", "mask"], ["one-hot", "-s", "mask"]])
def test_a_snippet_is_copied(entry, words):
    shown = on_terminal("copy", *words, **SSH)
    assert copied(shown) == next(one.code for one in entry.snippets if one.name == "mask")
    assert re.search(r"copied one-hot:mask, \d+ lines", shown)


def test_screen_is_asked_to_pass_it_on():
    assert "\x1bP\x1b]52;c;" in on_terminal("copy", "one-hot", **{**SSH, "TERM": "screen"})


def test_the_clipboard_of_the_desktop_gets_it(ptnote, clipboard, entry):
    env, file = clipboard
    done = ptnote("copy", "one-hot", env=env)
    assert (done.code, done.out) == (0, "")
    assert file.read_text() == entry.answer


def test_an_entry_without_an_answer_gives_its_first_snippet(small, clipboard, library):
    env, file = clipboard
    one_line(small("copy", "passes", env=env), "copied passes:default, 5 lines")
    assert file.read_text() == library.get("passes").snippets[0].code


def test_without_a_clipboard_it_is_one_line(ptnote, tmp_path):
    done = ptnote("copy", "one-hot:mask", env={**LOCAL, "PATH": str(tmp_path)})
    assert (done.code, done.out) == (1, "")
    one_line(done, "there is no clipboard", "xclip", "ptnote show one-hot:mask --code")
    one_line(ptnote("copy", "one-hot", "-L", "zh", env={**LOCAL, "PATH": str(tmp_path)}), "没有剪贴板")


def test_what_is_not_there_is_one_line(ptnote):
    one_line(ptnote("copy", "nope-nope"), "no entry 'nope-nope'")
    one_line(ptnote("copy", "one-hot:nope"), "has no snippet 'nope'")
    one_line(ptnote("copy"), "Missing argument")
