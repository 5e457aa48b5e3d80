"""From an error to its entry: the library function, and `ptnote why` end to end."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kb import Library
from kb.content.entry import Text
from kb.messages.frames import Frame
from kb.messages.known import LOGGED
from kb.messages.match import PatternTable
from kb.messages.pair import mended
from kb.why import GUESSES, SEARCHED, SHORT, diagnose
from tests.conftest import ROOT

SHAPES = "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"
TRACEBACK = (
    f'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nRuntimeError: {SHAPES}\n'
)
BARE = "the gradient clipping norm must not exceed the scheduler"
UNKNOWN = "RuntimeError: the gradient clipping norm of the scheduler went overboard"

ENTRY = """
errors:
  - match: "the flux {kind} must be below {limit}"
    means: {en: "Your {kind} flux is too high for {limit}.", zh: "{kind} 通量超过了 {limit}。"}
  - the flux
"""


@pytest.fixture
def flux(own_library):
    """The small library, one entry of which explains made-up messages."""
    for id, errors in (("passes", ENTRY), ("fails", "errors: [flux must be below]\n")):
        path = own_library / "basics" / f"{id}.yaml"
        path.write_text(re.sub(r"errors: \[.*\]\n", "", path.read_text()) + errors)
    return Library.load(own_library)


# The library


def test_values_of_the_message_are_put_to_use(flux):
    found = flux.why("ValueError: the flux capacity must be below 88 now")
    assert (found.entry.id, found.values) == ("passes", {"kind": "capacity", "limit": "88"})
    assert found.means == Text(en="Your capacity flux is too high for 88.", zh="capacity 通量超过了 88。")


def test_the_pattern_that_fixes_most_of_the_message_wins(flux):
    assert flux.why("ValueError: flux must be below 3").entry.id == "fails"
    assert flux.why("ValueError: the flux is odd").pattern == "the flux"


def test_a_cause_that_needs_a_line_nearby_is_not_claimed_without_it(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = re.sub(r"errors: \[.*\]\n", "", path.read_text())
    path.write_text(f"{text}errors:\n  - {{match: the socket is taken, when: [torch/distributed]}}\n")
    library = Library.load(own_library)
    frame = '  File "/x/torch/distributed/store.py", line 3, in start\n'
    raised = (
        'Traceback (most recent call last):\n{}  File "a.py", line 1, in f\nOSError: the socket is taken\n'
    )
    assert library.why(raised.format(frame)).entry.id == "passes"
    for elsewhere in (
        raised.format(""),
        frame + "x\n" * 80 + raised.format(""),
        "OSError: the socket is taken",
    ):
        assert library.why(elsewhere).entry is None


def test_the_last_exception_that_is_known_wins(flux):
    text = (
        "ValueError: the flux is odd\n\nsome line\n\nValueError: flux must be below 3\n\nOSError: unknown\n"
    )
    assert flux.why(text).entry.id == "fails"


LAUNCHED = """\
E0101 00:00:00.000000 7 torch/api.py:9] failed (exitcode: {code}) local_rank: 1 (pid: 9) of binary: /x/python
Traceback (most recent call last):
  File "/x/bin/torchrun", line 8, in <module>
    sys.exit(main())
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
[1]:
  time      : 2026-12-01_03:10:35
  host      : localhost
  rank      : 0 (local_rank: 0)
  exitcode  : -15 (pid: 11015)  (SIGTERM)
  error_file: <N/A>
  traceback : Signal 15 (SIGTERM) received by PID 11015
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-12-01_03:10:35
  host      : localhost
  rank      : 1 (local_rank: 1)
  exitcode  : {code} (pid: 9)
"""


def test_what_a_rank_says_itself_wins_over_what_its_launcher_says(builtin):
    found = builtin.why(TRACEBACK + LAUNCHED.format(code=1))
    assert (found.entry.id, found.failure.text) == ("linear-shape", f"RuntimeError: {SHAPES}")
    assert (found.frame.path, found.frame.line) == ("a.py", 3)
    unknown = TRACEBACK.replace(SHAPES, "no entry knows this")
    assert builtin.why(unknown + LAUNCHED.format(code=1)).entry.id == "torchrun-failed"


@pytest.mark.parametrize(
    ("code", "id"), [(-6, "segfault"), (-11, "segfault"), (-9, "cpu-oom"), (3, "torchrun-failed")]
)
def test_the_exit_code_of_a_rank_tells_the_cause_if_nothing_else_does(builtin, code, id):
    whole = LAUNCHED.format(code=code)
    for text in (whole, whole.partition("\n")[2]):
        found = builtin.why(text)
        assert (found.entry.id, found.frame) == (id, None)


def test_a_known_line_not_far_above_an_unknown_exception_explains_it(builtin):
    known = "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.1.0 as it may crash.\n"
    raised = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\nSystemError: initialization of x\n'
    )
    assert builtin.why(known + "\n" + raised).entry.id == builtin.why(known).entry.id
    assert builtin.why(known + "step\n" * 100 + raised).entry is None


def test_a_warning_about_the_future_explains_no_error(builtin):
    warned = (
        "a.py:3: FutureWarning: `torch.cpu.amp.GradScaler(args...)` is deprecated. "
        "Please use `torch.amp.GradScaler('cpu', args...)` instead.\n"
    )
    assert builtin.why(warned).entry is not None
    assert builtin.why(warned + "KeyError: 'mine'\n").entry is None


@pytest.mark.parametrize(
    "about",
    [
        "module 'pandas' has no attribute 'x'",
        "No module named 'flask.views'",
        "cannot import name 'x' from 'werkzeug.urls'",
    ],
)
def test_nothing_is_guessed_about_other_packages(builtin, about):
    assert builtin.why(f"AttributeError: {about}").guesses == ()


def test_entries_that_are_not_close_to_a_message_are_not_offered(builtin):
    for foreign in (
        "jinja2.exceptions.TemplateNotFound: index.html",
        "RuntimeError: Working outside of application context.",
        "ssh: connect to host example.org port 22: Connection refused",
    ):
        found = builtin.why(foreign, certain=True)
        assert (found.entry, found.guesses) == (None, ())
    offered = builtin.why("RuntimeError: learning rate scheduler failed").guesses
    assert "lr-schedulers" in {hit.id for hit in offered}


@pytest.mark.parametrize("after", ["怎么解决", "，求助", "。这是为什么？", "）"])
def test_chinese_right_behind_a_message_is_no_part_of_its_values(flux, after):
    assert flux.why(f"请问：ValueError: the flux capacity must be below 88{after}").values["limit"] == "88"


def test_an_exception_wins_over_a_later_warning(flux):
    text = "ValueError: flux must be below 3\n/a/b.py:3: UserWarning: the flux is odd\n"
    assert flux.why(text).entry.id == "fails"
    assert flux.why("/a/b.py:3: UserWarning: the flux is odd\n").entry.id == "passes"


def test_a_bare_message_is_known_without_its_type(flux):
    assert flux.why("the flux is odd").entry.id == "passes"
    assert flux.why("nothing of the kind") is None
    assert flux.why("nothing of the kind", certain=True).entry is None


@pytest.mark.parametrize(
    "text",
    [
        "epoch 1\nall is well\n",
        "step 1 loss 0.5",
        "Epoch 3:  12%|█▏        | 12/100 [00:05<00:38,  2.31it/s, loss=0.71]",
        "Files already downloaded and verified",
        "tensor([[1., 0.],\n        [0., 1.]])",
        "torch.Size([2, 3])",
        "best accuracy 0.91, saved to best.pt",
        "model has 11173962 parameters",
        "True",
    ],
)
def test_ordinary_output_is_no_message(flux, text):
    assert flux.why(text) is None
    assert flux.why(text + "\n") is None


@pytest.mark.parametrize(
    "text",
    [
        BARE,
        "expected a 3D tensor but found 2D",
        "tensors do not match",
        "the node cannot be reached",
        "invalid flux",
        "CUBLAS library not found\nwhile the core was opened",
        "too many cores",
    ],
)
def test_a_short_text_that_complains_is_a_message(flux, text):
    found = flux.why(text + "\n")
    assert (found.entry, found.failure.message, found.failure.line) == (None, text, 1)
    assert flux.why("step 1\nstep 2\nstep 3\n" + text) is None, "too long to be nothing but a message"


def test_a_message_with_more_text_than_a_message_has_is_no_bare_message(flux):
    assert flux.why(BARE + " and" * (SHORT // 4)) is None
    assert flux.why(BARE + " and" * (SHORT // 4), certain=True) is None
    assert flux.why("the flux is odd".ljust(SHORT)).pattern == "the flux"
    assert flux.why("the flux is odd".ljust(SHORT + 1)) is None


def test_a_known_line_of_a_log_is_explained_if_no_exception_follows_far_below(flux):
    log = "step 1\n\x1b[33m[W 10:00] node 3: the flux capacity must be below 88 there\x1b[0m\nstep 2\n"
    found = flux.why("ValueError: unheard of\n\n" + log)
    assert (found.entry.id, found.failure.line) == ("passes", 4)
    assert flux.why(log + "ValueError: unheard of\n").entry.id == "passes"
    assert flux.why(log + "step\n" * 100 + "ValueError: unheard of\n").entry is None


def test_a_remembered_part_of_a_message_is_enough_if_only_one_entry_has_it(flux):
    assert flux.why("must be below").entry is None  # too short, and two entries have it
    path = flux.shelf.folders[0].root / "basics" / "fails.yaml"
    path.write_text(path.read_text().replace("[flux must be below]", "[the warp core is about to breach]"))
    found = Library.load(flux.shelf.folders[0].root).why("Warp core is about")
    assert (found.entry.id, found.means) == ("fails", None)


def test_what_no_pattern_matches_is_guessed_by_search(builtin):
    found = builtin.why(UNKNOWN)
    assert found.entry is None
    assert "grad-clip" in [hit.id for hit in found.guesses]


def test_each_wrong_snippet_has_its_mended_neighbour(builtin):
    found = builtin.why(TRACEBACK)
    assert (found.wrong.name, found.right.name) == ("wrong", "default")
    assert found.values == {"rows": "863", "last": "1", "wanted": "11", "out": "5120"}


def test_a_guess_that_cannot_be_made_is_no_error(flux):
    found = flux.why("KeyboardInterrupt: [1, 2]")
    assert (found.entry, found.guesses) == (None, ())


def test_at_most_three_guesses_are_made(builtin):
    words = []
    found = diagnose(
        builtin.shelf, UNKNOWN, guess=lambda text: words.append(text) or builtin.search("loss").hits
    )
    assert len(found.guesses) == GUESSES
    assert words == [UNKNOWN]


def test_what_varies_is_not_searched_for(flux):
    words = []
    text = 'OSError: /tmp/a.bin at 0x7f10, [1, 2] and 3.5 of "flux" ' + "x" * 400
    diagnose(flux.shelf, text, guess=lambda text: words.append(text) or [])
    assert len(words[0]) == SEARCHED
    assert words[0].split()[:-1] == ["OSError:", "at", ",", "and", "of", "flux"]


def test_the_guess_is_about_the_last_exception_and_not_about_a_dying_process(flux):
    log = "ValueError: unheard of\n\nrun.sh: line 3:  1234 Killed   python train.py\n"
    assert flux.why(log).failure.type == "ValueError"
    assert flux.why(log.partition("\n\n")[2]).failure.message == "Killed"
    assert flux.why("/a/b.py:3: UserWarning: unheard of\n").failure.type == "UserWarning"


def test_each_distinct_message_is_looked_at_once(flux, monkeypatch):
    looked = []
    explain = PatternTable.explain
    monkeypatch.setattr(
        PatternTable, "explain", lambda table, text, near: looked.append(text) or explain(table, text, near)
    )
    flux.why("ValueError: one\nValueError: two\nKeyError: one\n" * 100)
    assert sorted(looked) == ["KeyError: one", "ValueError: one", "ValueError: two"]


def test_only_the_entry_that_is_shown_is_decoded(builtin, monkeypatch):
    decoded = []
    entry = builtin.shelf.entry
    monkeypatch.setattr(builtin.shelf, "entry", lambda name: decoded.append(name) or entry(name))
    assert builtin.why(TRACEBACK).entry.id == "linear-shape"
    assert decoded == ["linear-shape"]


def test_a_pattern_must_be_specific_to_be_found_in_a_log(flux):
    log = "step 1\nnode 3: the flux is odd\nstep 2\nstep 3\n"
    assert flux.why(log + "step 4\n" * 300) is None, "'the flux' has fewer than 24 characters"


def test_the_end_of_a_log_is_searched_for_known_messages(flux):
    known = "node 3: the flux capacity must be below 88 there\n"
    filler = "x" * 999 + "\n"
    near, far = (LOGGED - len(known)) // 1000, LOGGED // 1000 + 1
    assert flux.why("step 1\n" + known + filler * near).failure.line == 2
    assert flux.why("step 1\n" + known + filler * far) is None


def test_the_last_of_equally_heavy_messages_in_a_log_wins(flux):
    first = "the flux capacity must be below 88 there\n"
    found = flux.why("step 1\n" * 300 + first + "\n" + "step 2\n")
    assert (found.failure.line, found.failure.type) == (301, "")


def test_a_diagnosis_has_a_form_of_plain_values(builtin):
    found = builtin.why("one line\n" + TRACEBACK)
    assert found.as_dict() == {
        "type": "RuntimeError",
        "message": SHAPES,
        "line": 4,
        "entry": "linear-shape",
        "pattern": found.pattern,
        "values": {"rows": "863", "last": "1", "wanted": "11", "out": "5120"},
        "means": found.means,
        "wrong": "wrong",
        "right": "default",
        "guesses": (),
        "frame": Frame("a.py", 3),
        "seen": None,
        "fix": "",
    }


def test_the_mended_neighbour_is_found_by_name(flux):
    entry = flux.get("passes")
    one, other = (msgspec.structs.replace(entry.snippets[0], name=name) for name in ("wrong-x", "right-x"))
    plain = msgspec.structs.replace(one, name="wrong")
    entry = msgspec.structs.replace(entry, snippets=(entry.snippets[0], one, other, plain))
    assert mended(entry, one) is other
    assert mended(entry, plain) is entry.snippets[0]
    assert mended(entry, other) is None
    assert mended(entry, msgspec.structs.replace(one, name="wrong-y")) is None


# The command


def test_why_shows_the_cause_the_values_and_the_pair(ptnote):
    done = ptnote("why", SHAPES, "-L", "en")
    assert done.code == 0
    lines = done.out.splitlines()
    assert SHAPES in lines[0]
    assert any(line.startswith("linear-shape") for line in lines)
    assert "nn.Linear(1, 5120)" in " ".join(" ".join(lines[-4:]).split())
    assert any(line.lstrip().startswith(("-", "−")) for line in lines)
    assert any(line.lstrip().startswith("+") for line in lines)
    assert "ptnote run linear-shape" in done.out


FRAMES = """Traceback (most recent call last):
  File "train.py", line 41, in <module>
    main()
  File "net.py", line 12, in forward
    return self.fc(x)
           ^^^^^^^^^^
  File "/opt/lib/python3.12/site-packages/torch/nn/modules/linear.py", line 125, in forward
    return F.linear(input, self.weight, self.bias)
"""


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize("id", ["linear-shape", "cuda-oom", "reverse-text"])
def test_an_explanation_fits_one_screen_and_ends_with_cause_place_and_fix(small, id, lang):
    message = {
        "linear-shape": f"RuntimeError: {SHAPES}",
        "cuda-oom": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.",
        "reverse-text": "AttributeError: 'str' object has no attribute 'reverse'",
    }[id]
    done = small("why", "-q", "-L", lang, stdin=f"{FRAMES}{message}\n")
    assert done.code == 0
    assert len(done.out.splitlines()) <= 23
    assert "net.py:12  return self.fc(x)" in done.out
    key = done.out.rpartition("\n→ ")[2]
    assert key.startswith("net.py:12: ")
    added = [line for line in done.out.splitlines() if line.startswith("+ ")]
    assert not [line for line in added if "assert" in line]
    if id == "reverse-text":
        assert "text = text[::-1]" in key.replace("\n  ", " ")
        assert added == ["+ text = text[::-1]"]


def test_a_pair_that_a_pattern_names_is_shown(library):
    found = library.why("AttributeError: 'str' object has no attribute 'reverse'")
    assert (found.wrong.name, found.right.name) == ("wrong", "right")


def test_guesses_can_be_opened_by_number(ptnote):
    out = ptnote("why", UNKNOWN, "-L", "en").out
    first = re.search(r"^ 1  (\S+)", out, re.MULTILINE)[1]
    assert ptnote("1", "-L", "en").out.startswith(f"{first}  ")


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


@pytest.mark.parametrize("arguments", [(UNKNOWN,), ("-q",)], ids=["argument", "stdin"])
def test_a_guess_says_that_it_is_one_and_exits_with_1(ptnote, arguments):
    done = ptnote("why", *arguments, "-L", "en", stdin=UNKNOWN)
    assert done.code == 1
    assert "guess" in done.out
    found = json.loads(ptnote("why", "--json", UNKNOWN).out)["diagnosis"]
    assert (found["entry"], found["pattern"]) == (None, "")
    assert "grad-clip" in [hit["id"] for hit in found["guesses"]]


@pytest.mark.parametrize("text", [SHAPES, BARE, SHAPES[5:60]], ids=["known", "unknown", "remembered"])
def test_a_bare_message_means_the_same_on_stdin_as_on_the_command_line(ptnote, text):
    as_argument = ptnote("why", text, "--json")
    on_stdin = ptnote("why", "--json", stdin=text + "\n")
    assert json.loads(as_argument.out)["diagnosis"] is not None
    assert (on_stdin.code, on_stdin.out) == (as_argument.code, as_argument.out)


@pytest.mark.parametrize(
    "text",
    ["epoch 1\nall is well\n", "\x00\x01\x02\n", "step 1 loss 0.5\n" * 100_000],
    ids=["quiet", "binary", "long"],
)
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


def test_a_message_that_a_terminal_broke_within_words_is_explained(flux):
    text = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n'
    assert flux.why(f"{text}ValueError: the flux capacity must be bel\now 3").values["limit"] == "3"
    assert flux.why("the flux capacity must be bel\now 3 today", certain=True).values["limit"] == "3"


def test_the_specific_pattern_wins_in_a_broken_message_over_one_that_matches_its_first_line(flux):
    found = flux.why("ValueError: the flux level mu\nst be below 3")
    assert found.values == {"kind": "level", "limit": "3"}


def test_a_message_that_was_cut_off_is_explained(builtin):
    for text in ("mat1 and mat2 shapes cannot be mul", "RuntimeError: mat1 and mat2 shapes cannot be mul"):
        found = builtin.why(text, certain=True)
        assert (found.entry.id, found.means) == ("linear-shape", None)
