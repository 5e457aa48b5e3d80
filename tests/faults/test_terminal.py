"""Nothing that ptnote writes commands a terminal, wherever the text comes from; and ptnote lives with closed
streams and bytes that are not UTF-8."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import escaped_json, visible
from kb.errors import BadQuery, KbError
from kb.search.query import LENGTH_LIMIT, parse
from kb.text.controls import CONTROL
from tests.cli.helpers import COMMAND, on_terminal
from tests.conftest import LIBRARY

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b1A\x7f\u202eb\u2028"
OWN = {"PTNOTE_PATH": str(LIBRARY)}


@given(st.text())
def test_visible_text_holds_no_control_character_and_keeps_the_rest(text):
    assert not CONTROL.search(visible(text))
    assert visible(CONTROL.sub("", text)) == CONTROL.sub("", text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_json_means_the_same(text):
    made = escaped_json(json.dumps({"key": text}, ensure_ascii=False))
    assert not CONTROL.search(made)
    assert json.loads(made) == {"key": text}


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", HOSTILE], [HOSTILE], ["show", HOSTILE], ["show", "one-hot", "-s", HOSTILE], ["run", HOSTILE],
        ["test", HOSTILE], ["check", HOSTILE], [f"--{HOSTILE}"], ["why", f"RuntimeError: {HOSTILE}"],
        ["list", "-t", HOSTILE], ["list", "-c", HOSTILE], ["new", HOSTILE, "-c", "losses"],
        ["new", "mine", "-c", HOSTILE], ["show", "one-hot", "-L", HOSTILE],
    ],
    ids=lambda arguments: " ".join(arguments).replace(HOSTILE, "X"),
)  # fmt: skip
def test_what_was_typed_is_shown_harmlessly(ptnote, arguments):
    done = ptnote(*arguments)
    assert not CONTROL.search(done.out + done.err)
    assert "Traceback" not in done.err


def test_an_error_in_a_log_is_shown_harmlessly(ptnote):
    log = f'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: {HOSTILE}\n'
    for arguments in (["why", "-q"], ["why", "--json"], ["why", "-q", "--color=always"]):
        done = ptnote(*arguments, stdin=log)
        text = done.out.replace("\x1b[0m", "").replace("\x1b[31m\x1b[1m", "")
        assert "\x1b]" not in text
        assert "\x07" not in text
        assert "\u202e" not in text


def test_what_a_snippet_printed_is_shown_harmlessly(ptnote, own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("print(total)", r'print("\x1b[2J\x9b\u202e")'))
    done = ptnote("test", "passes", "--yes", env={"PTNOTE_PATH": str(own_library)})
    assert done.code == 1
    assert "\\x1b[2J" in done.out
    assert not CONTROL.search(done.out + done.err)


def test_names_in_the_environment_are_shown_harmlessly(ptnote, tmp_path):
    place = tmp_path / "a\x1b[2Jb"
    place.mkdir()
    for arguments in (["paths"], ["doctor"], ["check", str(place)]):
        done = ptnote(
            *arguments, env={"PTNOTE_PATH": str(place), "PTNOTE_CONFIG": str(place / "none")}, cwd=place
        )
        assert not CONTROL.search(done.out + done.err), arguments


def test_completion_offers_nothing_that_a_shell_would_run(ptnote, own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text()
    start = text.index("tags:")
    path.write_text(text[:start] + 'tags: ["$(touch PWNED)", fine]\n' + text[text.index("\n", start) + 1 :])
    done = ptnote("completion", "--table", env={"PTNOTE_PATH": str(own_library)})
    assert "fine" in done.out
    assert "$" not in done.out


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed, tmp_path):
    for words, code in (("list", 0), ("search amp", 0), ("search -", 2 if "<" in closed else None)):
        if code is not None:
            script = f'"{COMMAND}" {words} {closed}'
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path)
            assert (done.returncode, "Traceback" in done.stderr) == (code, False), words


def test_bytes_that_are_not_utf_8_are_no_error(tmp_path):
    for arguments in (
        [b"search", b"amp\xff", b"--json"],
        [b"search", b"-"],
        [b"why", b"x\xff", b"--json"],
        [b"\xff"],
    ):
        done = subprocess.run(
            [os.fsencode(COMMAND), *arguments],
            input=b"amp \xff\xfe",
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"},
        )
        assert b"Traceback" not in done.stderr, arguments
        done.stdout.decode("utf-8")


def test_long_queries_are_cut_and_of_a_traceback_the_last_line_counts(builtin):
    query = parse("gradient clipping " * 5000)
    assert query.cut
    assert len(query.words) <= LENGTH_LIMIT
    log = (
        '  File "a.py", line 1, in f\n' * 100
        + "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"
    )
    assert builtin.search(log).hits[0].id == "linear-shape"
    assert builtin.search(log).searched.startswith("RuntimeError")
    assert not builtin.search("gradient clipping").searched


def test_a_query_of_100_kb_takes_no_time(builtin):
    import time

    for text in (
        "模型训练" * 8000,
        "gradient clipping norm " * 4500,
        "x" * 100_000,
        "(" * 100_000,
        "\n" * 100_000 + "amp",
    ):
        started = time.process_time()
        with contextlib.suppress(BadQuery):
            builtin.search(text)
        assert time.process_time() - started < 2


@given(st.text(max_size=60))
def test_no_query_stops_the_search(builtin, text):
    try:
        builtin.search(text)
    except KbError as error:
        assert str(error)


def test_an_interrupt_while_modules_are_imported_shows_no_traceback(tmp_path):
    """A module that is imported first tells us that the interpreter is up, and waits."""
    (tmp_path / "click.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-c", "from pycli.start import main; main()"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "ptnote: interrupted\n")


def test_the_pager_gets_harmless_text(tmp_path):
    screen = on_terminal("search", f"amp {HOSTILE}", "--no-pager", "--color=never")
    assert not CONTROL.search(screen.replace("\r", ""))
