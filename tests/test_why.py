"""From an error to its entry: the library function, and `ptnote why` end to end."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kb import Library
from kb.content.entry import Text
from kb.why import diagnose
from tests.conftest import ROOT

SHAPES = "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"
TRACEBACK = (
    f'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nRuntimeError: {SHAPES}\n'
)
UNKNOWN = "RuntimeError: the gradient clipping norm of the scheduler went overboard"

ENTRY = """
errors:
  - match: "the flux {kind} must be below {limit}"
    means: {en: "Your {kind} flux is too high for {limit}.", zh: "{kind} 通量超过了 {limit}。"}
  - the flux
"""


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTNOTE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        library = Library.load()
        library.search("amp")
        yield library


@pytest.fixture
def flux(own_library):
    """The small library, one entry of which explains made-up messages."""
    for id, errors in (("passes", ENTRY), ("fails", "errors: [flux must be below]\n")):
        path = own_library / "basics" / f"{id}.yaml"
        path.write_text(re.sub(r"errors: \[.*\]\n", "", path.read_text()) + errors)
    return Library.load(own_library)


# The library


def test_values_of_the_message_are_put_to_use(flux):
    found = diagnose(flux, "ValueError: the flux capacity must be below 88 now")
    assert (found.entry.id, found.values) == ("passes", {"kind": "capacity", "limit": "88"})
    assert found.means == Text(en="Your capacity flux is too high for 88.", zh="capacity 通量超过了 88。")


def test_the_pattern_that_fixes_most_of_the_message_wins(flux):
    assert diagnose(flux, "ValueError: flux must be below 3").entry.id == "fails"
    assert diagnose(flux, "ValueError: the flux is odd").pattern == "the flux"


def test_the_last_exception_that_is_known_wins(flux):
    text = (
        "ValueError: the flux is odd\n\nsome line\n\nValueError: flux must be below 3\n\nOSError: unknown\n"
    )
    assert diagnose(flux, text).entry.id == "fails"


def test_an_exception_wins_over_a_later_warning(flux):
    text = "ValueError: flux must be below 3\n/a/b.py:3: UserWarning: the flux is odd\n"
    assert diagnose(flux, text).entry.id == "fails"
    assert diagnose(flux, "/a/b.py:3: UserWarning: the flux is odd\n").entry.id == "passes"


def test_a_bare_message_is_known_without_its_type(flux):
    assert diagnose(flux, "the flux is odd").entry.id == "passes"
    assert diagnose(flux, "nothing of the kind") is None


def test_a_known_line_of_a_log_is_explained_if_no_exception_follows(flux):
    log = "step 1\n\x1b[33m[W 10:00] node 3: the flux capacity must be below 88 there\x1b[0m\nstep 2\n"
    found = diagnose(flux, "ValueError: unheard of\n\n" + log)
    assert (found.entry.id, found.failure.line) == ("passes", 4)
    assert diagnose(flux, log + "ValueError: unheard of\n").entry is None


def test_a_remembered_part_of_a_message_is_enough_if_only_one_entry_has_it(flux):
    assert diagnose(flux, "must be below") is None  # too short, and two entries have it
    path = flux.folders[0].root / "basics" / "fails.yaml"
    path.write_text(path.read_text().replace("[flux must be below]", "[the warp core is about to breach]"))
    found = diagnose(Library.load(flux.folders[0].root), "Warp core is about")
    assert (found.entry.id, found.means) == ("fails", None)


def test_what_no_pattern_matches_is_guessed_by_search(builtin):
    found = diagnose(builtin, UNKNOWN)
    assert found.entry is None
    assert "grad-clip" in [hit.id for hit in found.guesses]


def test_each_wrong_snippet_has_its_mended_neighbour(builtin):
    found = diagnose(builtin, TRACEBACK)
    assert (found.wrong.name, found.right.name) == ("wrong", "default")
    assert found.values == {"rows": "863", "last": "1", "wanted": "11", "out": "5120"}


# The command


def test_why_shows_the_cause_the_values_and_the_pair(ptnote):
    done = ptnote("why", SHAPES, "-L", "en")
    assert done.code == 0
    lines = done.out.splitlines()
    assert SHAPES in lines[0]
    assert any(line.startswith("linear-shape") for line in lines)
    assert re.search(r"863|11", "".join(line for line in lines[1:5]))
    assert any(line.lstrip().startswith(("-", "−")) for line in lines)
    assert any(line.lstrip().startswith("+") for line in lines)
    assert "ptnote run linear-shape" in done.out


def test_a_pipe_is_passed_on_unaltered_and_then_explained(ptnote):
    noise = "epoch 1\r\x1b[2Kepoch 2\n" + TRACEBACK
    done = subprocess.run(
        [Path(sys.executable).with_name("ptnote"), "why"], input=noise.encode(), capture_output=True
    )
    assert done.stdout.startswith(noise.encode())
    assert b"linear-shape" in done.stdout[len(noise) :]
    assert ptnote("why", "-q", stdin=noise).out.startswith("RuntimeError")


def test_json_holds_the_diagnosis(ptnote):
    found = json.loads(ptnote("why", "--json", SHAPES).out)["diagnosis"]
    assert (found["entry"], found["wrong"], found["right"]) == ("linear-shape", "wrong", "default")
    assert found["values"]["last"] == "1"
    assert "863" not in found["pattern"]


def test_a_guess_says_that_it_is_one(ptnote):
    done = ptnote("why", UNKNOWN, "-L", "en")
    assert done.code == 0
    assert "guess" in done.out


@pytest.mark.parametrize("text", ["epoch 1\nall is well\n", "\x00\x01\x02\n", "step 1 loss 0.5\n" * 100_000])
def test_no_exception_is_said_with_exit_1(ptnote, text):
    done = ptnote("why", "-q", stdin=text)
    assert (done.code, done.out) == (1, "")
    assert "no exception" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_to_explain_is_a_usage_error(ptnote, text):
    done = ptnote("why", stdin=text)
    assert done.code == 2
    assert "python train.py 2>&1 | ptnote why" in done.err


def test_a_megabyte_of_binary_is_passed_on_and_holds_no_exception():
    binary = random.Random(1).randbytes(1_000_000)
    done = subprocess.run(
        [Path(sys.executable).with_name("ptnote"), "why"], input=binary, capture_output=True
    )
    assert done.stdout == binary
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_the_end_of_a_long_log_is_explained(ptnote):
    log = "\x1b[32mstep\x1b[0m 1 loss 0.5\n" * 100_000 + TRACEBACK
    assert "linear-shape" in ptnote("why", "-q", stdin=log).out


def test_a_command_that_succeeds_is_left_alone(ptnote):
    done = ptnote(
        "why", "--", sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)"
    )
    assert (done.code, done.out, done.err) == (0, "out\n", "err\n")


def test_a_command_that_fails_is_explained_on_stderr_with_its_exit_code(ptnote, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(f"print('out')\nraise RuntimeError({SHAPES!r})\n")
    done = ptnote("why", "--", sys.executable, str(script))
    assert (done.code, done.out) == (1, "out\n")
    assert done.err.startswith("Traceback")
    assert "linear-shape" in done.err
    assert ptnote("why", "--", sys.executable, "-c", "raise SystemExit(7)").code == 7


def test_options_after_the_dashes_belong_to_the_command(ptnote):
    assert ptnote("why", "--", "echo", "--json", "-L", "en").out == "--json -L en\n"


@pytest.mark.parametrize(
    ("command", "code"), [(["no-such-command-here"], 127), ([str(ROOT / "README.md")], 126)]
)
def test_a_command_that_cannot_start_is_one_line(ptnote, command, code):
    done = ptnote("why", "--", *command)
    assert done.code == code
    assert len(done.err.splitlines()) == 1


def test_a_command_killed_by_a_signal_keeps_its_code(ptnote):
    done = ptnote("why", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert done.code == 137


def test_on_a_terminal_the_command_keeps_its_terminal():
    reader, writer = pty.openpty()
    command = [str(Path(sys.executable).with_name("ptnote")), "why", "--", sys.executable, "-c"]
    process = subprocess.Popen(
        [*command, "import sys; print(sys.stderr.isatty(), file=sys.stderr)"], stderr=writer, stdin=writer
    )
    assert process.wait() == 0
    os.close(writer)
    assert os.read(reader, 100).strip() == b"True"
    os.close(reader)


def test_a_clipboard_that_is_not_there_is_one_line(ptnote):
    done = ptnote("why", "--clipboard", env={"PATH": "/nonexistent", "DISPLAY": "", "WAYLAND_DISPLAY": ""})
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "xclip" in done.err
