"""One snippet in a child process, whatever it does."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec import structs

from kb.content.shelf import pick_snippet
from kb.errors import BadSetting
from kb.run import machine
from kb.run.judge import judge
from kb.run.process import run
from kb.run.result import Cause, Outcome, Result, settle
from kb.run.session import Session, Stopped
from kb.run.settings import Settings
from kb.run.workspace import CAPTURE_LIMIT, Raw
from tests.processes import alive, ended, gone, until, written

STRICT = Settings(strict=True)
FOREVER = "import time\nwhile True:\n    time.sleep(0.05)"

pytestmark = pytest.mark.needs_torch


def go(library, entry, snippet="default", settings=STRICT, **changes):
    found = library.get(entry)
    chosen = structs.replace(pick_snippet(found, snippet), **changes)
    return run(found, chosen, settings)


def notes_pid(path):
    """Code that writes the id of its process into a file."""
    return f"import os\nopen({str(path)!r}, 'w').write(str(os.getpid()))"


def line_of(library, entry, text):
    """The line of an entry file that holds this text, counted from 1."""
    lines = Path(library.get(entry).path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_snippet_passes_and_is_measured(library):
    result = go(library, "zhongwen")
    assert (result.outcome, result.exit_code, result.stdout) == (Outcome.passed, 0, "torch.bfloat16 0.75\n")
    assert result.cause is Cause.none
    assert result.seconds > 0
    assert result.peak_memory > 50 * 2**20
    assert result.torch.startswith("2.")
    assert result.device


def test_the_wrong_half_of_a_pair_passes_by_raising(library):
    result = go(library, "passes", "wrong")
    assert (result.outcome, result.exit_code) == (Outcome.passed, 1)
    assert result.error.startswith("RuntimeError: The size of tensor a")
    assert result.error_line == 2
    assert result.line == line_of(library, "passes", "raise RuntimeError")


def test_the_wrong_half_fails_if_it_ends_well_or_raises_something_else(library):
    ended = go(library, "passes", "wrong", code="print(1)")
    assert (ended.outcome, ended.cause) == (Outcome.failed, Cause.no_error)
    assert "ended well" in ended.reason
    other = go(library, "passes", "wrong", code="raise KeyError(1)")
    assert (other.outcome, other.cause) == (Outcome.failed, Cause.wrong_error)
    assert "KeyError" in other.reason


def test_a_failed_assertion_names_its_line(library):
    result = go(library, "fails")
    assert (result.outcome, result.exit_code, result.error_line) == (Outcome.failed, 1, 3)
    assert (result.cause, result.reason) == (Cause.raised, "AssertionError: one is not two")
    assert result.path == library.get("fails").path
    assert result.line == line_of(library, "fails", "one is not two")
    assert "child.py" not in result.stderr


def test_another_output_fails_only_when_tested(library):
    result = go(library, "fails", "output")
    assert (result.outcome, result.cause) == (Outcome.failed, Cause.output)
    assert result.reason == "printed something else than its entry says"
    assert result.diff.splitlines()[-2:] == ["-two", "+three"]
    assert result.line == line_of(library, "fails", 'print("one")')
    untested = go(library, "fails", "output", Settings())
    assert (untested.outcome, untested.diff) == (Outcome.passed, "")


def test_warnings_fail_only_when_tested(library):
    result = go(library, "fails", "warns")
    assert (result.cause, result.reason) == (Cause.warning, "FutureWarning: old")
    assert go(library, "fails", "warns", Settings()).outcome is Outcome.passed


def test_a_warning_counts_more_than_the_output(library):
    """Or `--update` would accept the output, and the snippet would fail the next time."""
    raw = Raw(status=0, seconds=1.0, maxrss=1, timed_out=False, stdout="2", stderr="[W1128 old\n")
    result = judge(
        library.get("passes"), structs.replace(library.get("passes").snippets[0], output="1"), raw, STRICT
    )
    assert (result.cause, result.reason) == (Cause.warning, "warned: [W1128 old")


def test_a_snippet_that_the_entry_does_not_have_has_no_line(library):
    result = go(library, "passes", name="mutant", code="raise KeyError", output="")
    assert (result.line, result.error_line) == (0, 1)


def test_a_loop_without_end_is_ended(library, tmp_path):
    pid = tmp_path / "pid"
    result = go(library, "passes", settings=Settings(timeout=1.0), code=f"{notes_pid(pid)}\n{FOREVER}")
    assert (result.outcome, result.cause) == (Outcome.timeout, Cause.timeout)
    assert "1 s" in result.reason
    assert ended(pid)


def test_one_that_does_not_listen_is_killed(library, tmp_path):
    pid = tmp_path / "pid"
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"{deaf}\n{notes_pid(pid)}\n{FOREVER}"
    assert go(library, "passes", settings=Settings(timeout=1.0), code=code).outcome is Outcome.timeout
    assert ended(pid)


def test_what_it_started_ends_with_it(library):
    result = go(library, "fails", "forks")
    assert result.outcome is Outcome.passed
    assert gone(int(result.stdout))


def test_100_mb_of_output_are_cut(library):
    result = go(library, "fails", "floods")
    assert result.outcome is Outcome.failed
    note = "\n[… more than 1 MiB; the rest was dropped]\n"
    assert result.stdout == "x" * CAPTURE_LIMIT + note


def test_no_file_grows_beyond_a_limit(library):
    """Truncating makes a sparse file, so that a failing test fills no disk."""
    result = go(library, "passes", settings=Settings(), code="open('big', 'wb').truncate(2 << 30)")
    assert (result.outcome, result.error) == (Outcome.failed, "OSError: [Errno 27] File too large")


def test_no_file_of_a_rank_grows_beyond_a_limit(library):
    entry = library.get("passes")
    code = (
        "import os\ntry:\n    open('big', 'wb').truncate(2 << 30)\nexcept OSError as error:\n    print(error)"
    )
    requires = structs.replace(entry.snippets[0].requires, ranks=2)
    result = go(library, "passes", code=code, requires=requires, output="")
    assert result.stdout == "[Errno 27] File too large\n" * 2


def test_output_that_is_not_captured_may_have_any_length(library):
    """It may be redirected to a file, and the limit would hold for that file."""
    code = "open('big', 'wb').truncate(2 << 30)"
    assert go(library, "passes", settings=Settings(capture=False), code=code).outcome is Outcome.passed


def test_a_signal_is_named_and_counted_as_the_shell_does(library):
    result = go(library, "fails", "killed")
    assert (result.reason, result.exit_code) == ("killed by SIGSEGV", 128 + 11)
    assert result.cause is Cause.signal


def test_stdin_is_empty(library):
    assert go(library, "fails", "reads").outcome is Outcome.passed


def test_the_exit_code_is_passed_on(library):
    result = go(library, "fails", "exits")
    assert (result.exit_code, result.reason, result.cause) == (3, "exit code 3", Cause.exit_code)


@pytest.mark.parametrize(
    ("snippet", "cause", "reason"),
    [
        ("needs", Cause.package, "needs nobody-has-this: pip install nobody-has-this"),
        ("future", Cause.min_torch, "needs torch 99.0 or newer"),
    ],
)
def test_what_is_missing_is_said(library, snippet, cause, reason):
    result = go(library, "fails", snippet)
    assert (result.outcome, result.cause) == (Outcome.skipped, cause)
    assert (result.path, result.line > 1) == (library.get("fails").path, True)
    assert reason in result.reason


def test_a_device_that_is_not_there_is_said(library):
    result = go(library, "passes", settings=Settings(device="mps" if sys.platform == "linux" else "cuda"))
    assert (result.outcome, result.cause) == (Outcome.skipped, Cause.device)
    assert "does not find here" in result.reason


def test_cpu_hides_accelerators_through_the_environment(library):
    code = "import os\nprint(repr(os.environ['CUDA_VISIBLE_DEVICES']))"
    assert go(library, "passes", settings=Settings(device="cpu"), code=code).stdout == "''\n"
    assert (
        go(library, "needs-cuda", settings=Settings(device="cpu")).reason == "needs cuda, was told to use cpu"
    )


def test_it_runs_in_a_folder_of_its_own_that_starts_empty_and_goes(library):
    code = (
        "import os, sys\nprint(os.getcwd())\nprint(os.listdir())\nopen('left', 'w').close()\nprint(__name__)"
    )
    folder, listing, name = go(library, "passes", code=code, output="").stdout.splitlines()
    assert (listing, name) == ("[]", "__main__")
    assert not Path(folder).exists()


def test_what_it_writes_is_kept_in_a_given_folder(library, tmp_path):
    found = library.get("passes")
    snippet = structs.replace(found.snippets[0], code="open('left.txt', 'w').write('x')")
    run(found, snippet, Settings(), tmp_path)
    assert (tmp_path / "left.txt").read_text() == "x"


def test_modules_of_ptnote_do_not_shadow_those_of_the_snippet(library):
    code = "import sys\nprint([p for p in sys.path if p.endswith('kb')])\nprint('load' in sys.modules)"
    assert go(library, "passes", code=code, output="").stdout == "[]\nFalse\n"


def test_spawned_processes_find_their_main_module(library):
    code = """
import multiprocessing

def double(x):
    return 2 * x

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(double, [1, 2]))
"""
    assert go(library, "passes", code=code, output="[2, 4]").outcome is Outcome.passed


def test_another_interpreter_is_used_and_its_torch_reported(library, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    result = go(library, "passes", settings=Settings(python=python))
    assert result.outcome is Outcome.skipped
    assert result.cause is Cause.torch
    assert f"pip install torch (looked in {python})" in result.reason


def test_an_interpreter_that_cannot_start_is_an_error(library):
    with pytest.raises(BadSetting, match="/no/python"):
        go(library, "passes", settings=Settings(python="/no/python"))


def test_an_interrupt_ends_the_whole_group(library, tmp_path):
    pid = tmp_path / "pid"

    def interrupt():
        written(pid)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        go(library, "passes", code=f"{notes_pid(pid)}\n{FOREVER}")
    thread.join()
    assert not alive(int(pid.read_text()))


def test_a_run_can_be_stopped_from_another_thread(library, tmp_path):
    pid, stop = tmp_path / "pid", threading.Event()
    threading.Thread(target=lambda: (written(pid), stop.set())).start()
    entry = library.get("passes")
    snippet = structs.replace(entry.snippets[0], code=f"{notes_pid(pid)}\n{FOREVER}")
    result = run(entry, snippet, Settings(), stop=stop)
    assert (result.outcome, result.cause) == (Outcome.skipped, Cause.stopped)
    assert not alive(int(pid.read_text()))


def test_ranks_end_when_the_run_is_ended(library, tmp_path):
    """They are sessions of their own, which only torchrun can end."""
    code = (
        "import os, pathlib\n"
        f"mark = pathlib.Path({str(tmp_path)!r}) / os.environ['RANK']\n"
        "mark.with_suffix('.new').write_text(str(os.getpid()))\n"
        f"mark.with_suffix('.new').rename(mark)\n{FOREVER}"
    )
    entry, stop = library.get("passes"), threading.Event()
    requires = structs.replace(entry.snippets[0].requires, ranks=2)
    snippet = structs.replace(entry.snippets[0], code=code, requires=requires)
    marks = [tmp_path / "0", tmp_path / "1"]
    threading.Thread(target=lambda: ([written(mark) for mark in marks], stop.set())).start()
    assert run(entry, snippet, Settings(), stop=stop).cause is Cause.stopped
    assert [gone(int(mark.read_text())) for mark in marks] == [True, True]


def session(folder, code):
    """A program under a guard."""
    task = {
        "command": [sys.executable, "-c", code],
        "grace": 0.2,
        "folder": str(folder),
        "limit": 0,
        "memory": 0,
    }
    return Session(sys.executable, task, folder, dict(os.environ))


def test_a_session_ends_as_its_task_does(tmp_path):
    never = threading.Event()
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w').close()"
    with (
        session(tmp_path, "exit(3)") as ends,
        session(tmp_path, FOREVER) as runs,
        session(tmp_path, f"{deaf}\n{FOREVER}") as ignores,
    ):
        assert ends.wait(60, never)
        until((tmp_path / "deaf").exists, "the child ignores SIGTERM")
        for one, status in ((ends, 3), (runs, -signal.SIGTERM), (ignores, -signal.SIGKILL)):
            assert [one.end()[0], one.end()[0]] == [status, status]


def test_a_guard_is_not_signaled_once_it_has_been_reaped(monkeypatch, tmp_path):
    """Its id may be that of another process by then."""
    order = []
    wait4, kill = os.wait4, os.kill

    def reap(pid, flags):
        done = wait4(pid, flags)
        if done[0]:
            order.append(("reaped", pid))
        return done

    def note(pid, number):
        order.append(("signaled", pid))
        kill(pid, number)

    monkeypatch.setattr(os, "wait4", reap)
    monkeypatch.setattr(os, "kill", note)
    with session(tmp_path, FOREVER) as one:
        one.end()
    (first, pid), last = order
    assert (first, last) == ("signaled", ("reaped", pid))


def test_a_session_that_is_stopped_is_not_waited_for(tmp_path):
    stop = threading.Event()
    stop.set()
    with session(tmp_path, FOREVER) as one:
        with pytest.raises(Stopped):
            one.wait(60, stop)
        assert one.wait(0.0, threading.Event()) is False


def test_torch_without_a_record_of_its_version_runs(library, monkeypatch):
    """As one that is built from source and found through PYTHONPATH."""
    monkeypatch.setattr(machine.installed, "version", lambda name: machine.installed.UNKNOWN)
    machine.versions.cache_clear()
    try:
        requires = structs.replace(library.get("passes").snippets[0].requires, min_torch="2.0")
        assert go(library, "passes", requires=requires).outcome is Outcome.passed
    finally:
        machine.versions.cache_clear()


@pytest.mark.parametrize("safe", ["", "1"])
def test_the_child_sees_no_module_of_ptnote(library, monkeypatch, safe):
    """kb/run/torch.py stands beside child.py; PYTHONSAFEPATH leaves that folder out from the start."""
    monkeypatch.setenv("PYTHONSAFEPATH", safe)
    code = "import json, torch\nprint(torch.tensor([1]).tolist())"
    assert go(library, "passes", code=code, output="[1]").outcome is Outcome.passed


def test_a_snippet_is_compiled_without_the_future_imports_of_the_child(library):
    code = "def f(x: int): pass\nprint(f.__annotations__)"
    assert go(library, "passes", code=code).stdout == "{'x': <class 'int'>}\n"


def test_only_results_whose_output_alone_differs_are_accepted():
    def result(snippet, outcome, cause):
        return Result(
            entry="e", snippet=snippet, outcome=outcome, cause=cause, reason="why", diff="d", stdout=snippet
        )

    wrong = [result(str(cause), Outcome.failed, cause) for cause in Cause if cause is not Cause.output]
    printed = result("printed", Outcome.failed, Cause.output)
    settled, outputs = settle([*wrong, printed])
    assert settled[:-1] == wrong
    assert settled[-1] == structs.replace(
        printed, outcome=Outcome.passed, cause=Cause.none, reason="", diff=""
    )
    assert outputs == {"e": {"printed": "printed"}}
