"""One snippet in a child process, whatever it does."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from msgspec import structs

from kb.errors import BadSetting
from kb.run import process as running
from kb.run.process import Settings, run
from kb.run.result import Outcome

STRICT = Settings(strict=True)


def go(library, entry, snippet="default", settings=STRICT, **changes):
    found = library.get(entry)
    chosen = structs.replace(library.snippet(found, snippet), **changes)
    return run(found, chosen, settings)


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_snippet_passes_and_is_measured(library):
    result = go(library, "passes")
    assert (result.outcome, result.exit_code, result.stdout) == (Outcome.passed, 0, "[4.0, 6.5]\n")
    assert 0 < result.seconds < 60
    assert result.peak_memory > 50 * 2**20
    assert result.torch.startswith("2.")
    assert result.device


def test_the_wrong_half_of_a_pair_passes_by_raising(library):
    result = go(library, "passes", "wrong")
    assert (result.outcome, result.exit_code) == (Outcome.passed, 1)
    assert result.error.startswith("RuntimeError: The size of tensor a")
    assert result.error_line == 3


def test_the_wrong_half_fails_if_it_ends_well_or_raises_something_else(library):
    ended = go(library, "passes", "wrong", code="print(1)")
    assert (ended.outcome, "ended well" in ended.reason) == (Outcome.failed, True)
    other = go(library, "passes", "wrong", code="raise KeyError(1)")
    assert "KeyError" in other.reason


def test_a_failed_assertion_names_its_line(library):
    result = go(library, "fails")
    assert (result.outcome, result.exit_code, result.error_line) == (Outcome.failed, 1, 3)
    assert result.reason == "AssertionError: one is not two"
    assert "child.py" not in result.stderr


def test_another_output_fails_only_when_tested(library):
    assert go(library, "fails", "output").reason == "printed something else than its entry says"
    assert go(library, "fails", "output", Settings()).outcome is Outcome.passed


def test_warnings_fail_only_when_tested(library):
    assert go(library, "fails", "warns").reason == "FutureWarning: old"
    assert go(library, "fails", "warns", Settings()).outcome is Outcome.passed


def test_a_loop_without_end_is_ended(library):
    started = time.monotonic()
    result = go(library, "fails", "forever", Settings(timeout=1.0))
    assert result.outcome is Outcome.timeout
    assert "1 s" in result.reason
    assert time.monotonic() - started < 10


def test_what_it_started_ends_with_it(library):
    result = go(library, "fails", "forks")
    assert result.outcome is Outcome.passed
    time.sleep(0.2)
    assert not alive(int(result.stdout))


def test_100_mb_of_output_are_cut(library):
    result = go(library, "fails", "floods")
    assert result.outcome is Outcome.failed
    assert len(result.stdout) < 2 * running.TIMEOUT * 2**20
    assert result.stdout.endswith("dropped]\n")


def test_a_signal_is_named_and_counted_as_the_shell_does(library):
    result = go(library, "fails", "killed")
    assert (result.reason, result.exit_code) == ("killed by SIGSEGV", 128 + 11)


def test_stdin_is_empty(library):
    assert go(library, "fails", "reads").outcome is Outcome.passed


def test_the_exit_code_is_passed_on(library):
    result = go(library, "fails", "exits")
    assert (result.exit_code, result.reason) == (3, "exit code 3")


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ("needs", "needs nobody-has-this: pip install nobody-has-this"),
        ("future", "needs torch 99.0 or newer"),
    ],
)
def test_what_is_missing_is_said(library, snippet, reason):
    result = go(library, "fails", snippet)
    assert result.outcome is Outcome.skipped
    assert reason in result.reason


def test_a_device_that_is_not_there_is_said(library):
    result = go(library, "passes", settings=Settings(device="mps" if sys.platform == "linux" else "cuda"))
    assert result.outcome is Outcome.skipped
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
    assert f"pip install torch (looked in {python})" in result.reason


def test_an_interpreter_that_cannot_start_is_an_error(library):
    with pytest.raises(BadSetting, match="/no/python"):
        go(library, "passes", settings=Settings(python="/no/python"))


def test_an_interrupt_ends_the_whole_group(library, tmp_path):
    pid_file = tmp_path / "pid"
    code = f"import os, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"

    def interrupt():
        while not pid_file.exists() or not pid_file.read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), 2)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        go(library, "passes", code=code)
    assert not alive(int(pid_file.read_text()))
