"""Proofs of torchrun-failed."""

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure, record


calls: list[str] = []


def quiet():
    """record warns where stderr is no file of the system's, as here."""
    warnings.filterwarnings("ignore", "Unable to enable fault handler")


def given():
    quiet()
    return {"train": lambda: calls.append("train")}


def failure(rank, error_file="<N/A>", exitcode=1):
    return ProcessFailure(local_rank=rank, pid=100 + rank, exitcode=exitcode, error_file=error_file)


def test_answer(answer):
    """A function under record does what it does without."""
    quiet()
    calls.clear()
    answer.main()
    assert calls == ["train"] and answer.main.__name__ == "main"


def test_default(default):
    """record writes an exception with its traceback to the file that torchrun names, and raises it again."""
    assert default.told["message"] == "ValueError: bad sample 7"
    assert 'raise ValueError("bad sample 7")' in default.told["extraInfo"]["py_callstack"]


def test_with_record(default):
    """With an error file, the message of ChildFailedError holds the traceback of the rank."""
    Path("of-rank-1.json").write_text(json.dumps({"message": default.told}))
    table = str(ChildFailedError("train.py", {1: failure(1, "of-rank-1.json")}))
    assert "rank      : 1 (local_rank: 1)" in table and 'raise ValueError("bad sample 7")' in table


def test_without_record():
    """Without an error file, the message of ChildFailedError tells rank and exit code, and no reason."""
    table = str(ChildFailedError("train.py", {1: failure(1)}))
    assert "rank      : 1 (local_rank: 1)" in table and "exitcode  : 1 (pid: 101)" in table
    assert "error_file: <N/A>" in table and "To enable traceback see" in table


def test_earliest_is_root_cause():
    """The root cause in the table is the failure with the earliest time."""
    failures = {rank: failure(rank) for rank in (0, 1, 2)}
    for rank, time in ((0, 30), (1, 10), (2, 20)):
        failures[rank].timestamp = time
    error = ChildFailedError("train.py", failures)
    assert error.get_first_failure()[0] == 1
    assert "rank      : 1 " in str(error).partition("Root Cause (first observed failure):")[2]


def test_exit_codes(exit_codes):
    """A process that a signal ends has the negative number of that signal as its exit code."""
    for name in ("SIGKILL", "SIGTERM"):
        program = f"import os, signal; os.kill(os.getpid(), signal.{name})"
        assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.Signals[name]


def test_a_signal_leaves_no_file():
    """A process that a signal ends leaves no error file behind, even under record."""
    program = (
        "import os, signal\nfrom torch.distributed.elastic.multiprocessing.errors import record\n"
        "record(lambda: os.kill(os.getpid(), signal.SIGKILL))()"
    )
    env = os.environ | {"TORCHELASTIC_ERROR_FILE": "never.json"}
    assert subprocess.run([sys.executable, "-c", program], env=env).returncode == -signal.SIGKILL
    assert not Path("never.json").exists()
    assert "Signal 9 (SIGKILL) received by PID 101" in str(ChildFailedError("a.py", {1: failure(1, exitcode=-9)}))


def test_record_keeps_only_exceptions_of_its_function(raises):
    """record writes no file for sys.exit."""
    quiet()
    os.environ["TORCHELASTIC_ERROR_FILE"] = "exit.json"
    for reason in ("no data", 2):
        with raises(SystemExit, ""):
            record(lambda reason=reason: sys.exit(reason))()
    assert not Path("exit.json").exists()


def test_record_shows_the_line_of_a_crash():
    """Under record, faulthandler prints the Python line at which an abort happened."""
    program = (
        "import os\nfrom torch.distributed.elastic.multiprocessing.errors import record\n"
        "def main():\n    os.kill(os.getpid(), {})\nrecord(main)()"
    )
    run = subprocess.run([sys.executable, "-c", program.format(6)], capture_output=True, text=True)
    assert run.returncode == -signal.SIGABRT and 'File "<string>", line 4 in main' in run.stderr


def test_a_wrong_path_gives_2():
    """Python ends with 2 if there is no such script, as argparse does for an argument that it does not know."""
    for command in (["none.py"], ["-c", "import argparse; argparse.ArgumentParser().parse_args(['--odd'])"]):
        assert subprocess.run([sys.executable, *command], capture_output=True).returncode == 2


def test_nohup_does_not_help():
    """torchrun handles SIGHUP unless --signals-to-handle leaves it out."""
    from torch.distributed.run import get_args_parser

    parser = get_args_parser()
    if torch.__version__ < (2, 9) and not hasattr(parser.parse_args(["train.py"]), "signals_to_handle"):
        return  # older versions always handle it
    assert "SIGHUP" in parser.parse_args(["train.py"]).signals_to_handle
    assert "SIGHUP" not in parser.parse_args(["--signals-to-handle=SIGTERM,SIGINT", "train.py"]).signals_to_handle


def test_record_raises_again(raises):
    """record does not swallow the exception, with a file for it or without."""
    quiet()
    os.environ.pop("TORCHELASTIC_ERROR_FILE", None)
    with raises(ValueError, "bad sample"):
        record(lambda: int("bad sample"))()
