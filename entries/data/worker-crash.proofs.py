"""Proofs of worker-crash."""

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

from torch.utils.data import DataLoader, Dataset


class Reads(Dataset):
    """Calls a function instead of reading sample 3."""

    def __init__(self, instead=int):
        self.instead, self.read = instead, []

    def __len__(self):
        return 7

    def __getitem__(self, i):
        self.read.append(i)
        if i == 3:
            self.instead()
        return i


def leave():
    os._exit(5)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def complain():
    raise ValueError("no such frame")


def nest():
    return list(DataLoader(range(2), num_workers=1))


def call_a_program():
    subprocess.run([sys.executable, "-c", ""], check=True)


def forked(instead):
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    warnings.filterwarnings("ignore", "This DataLoader will create")  # on a machine with one core
    return DataLoader(Reads(instead), batch_size=2, num_workers=1, multiprocessing_context="fork")


class Print:
    """Remembers whether each line was flushed."""

    def __init__(self):
        self.flushed = []

    def __call__(self, *values, flush=False):
        self.flushed.append(flush)


def given():
    return {"dataset": Reads(), "print": Print()}


def test_answer(answer):
    """The loop reads every sample once, in order, in the process that runs it."""
    assert answer.dataset.read == [0, 1, 2, 3, 4, 5, 6]
    assert answer.print.flushed == [True] * 7  # else the last number is lost in a crash


def test_default(default):
    """The exit code of a process that reads one sample tells whether that sample crashes."""
    assert default.good == [0, 1, 2, 4, 5]
    assert [default.exit_code(default.dataset, i) for i in (2, 3)] == [0, 7]


def test_right(right):
    """A Subset without the sample reads the rest."""
    assert [i * i for i in range(6) if i != 3] == list(right.data)


def test_an_exception_is_no_crash(raises):
    """An exception in __getitem__ arrives as "Caught ValueError in DataLoader worker process 0" with its traceback."""
    with raises(ValueError, "Caught ValueError in DataLoader worker process 0.…Traceback…complain…no such frame"):
        list(forked(complain))


def test_num_workers_0_shows_the_error(raises):
    """With num_workers=0 the exception is raised as it is."""
    with raises(ValueError, "no such frame"):
        list(DataLoader(Reads(complain), batch_size=2, num_workers=0))


def test_the_batches_before_arrive(raises):
    """The batches that arrive before a worker dies are those before the sample that crashes, in order."""
    received = []
    with raises(RuntimeError, "DataLoader worker (pid… exited unexpectedly"):
        for batch in forked(leave):
            received.append(batch.tolist())
    assert received in ([], [[0, 1]])  # a crash may be noticed before the batch is fetched


def test_killed():
    """A worker that receives SIGKILL is reported as "killed by signal: Killed", one that calls abort as "Aborted"."""
    if not hasattr(signal, "SIGKILL"):
        return  # Windows
    for instead, name in (kill, "Killed"), (os.abort, "Aborted"):
        try:
            list(forked(instead))
        except RuntimeError as error:
            assert f"is killed by signal: {name}" in f"{error} {error.__cause__}"
        else:
            raise AssertionError("no error")


def test_faulthandler():
    """python -X faulthandler prints the line from which a C library crashed."""
    code = "import ctypes\n\ndef decode():\n    ctypes.string_at(1)\n\ndecode()\n"
    Path("train.py").write_text(code)
    plain, told = (
        subprocess.run([sys.executable, *options, "train.py"], capture_output=True, text=True)
        for options in ([], ["-X", "faulthandler"])
    )
    assert plain.returncode and told.returncode
    assert "line 4 in decode" in told.stderr and "decode" not in plain.stderr


def test_main_guard():
    """Without a main guard, a script that spawns a process fails in the bootstrapping phase; with it, it works."""
    start = "multiprocessing.get_context('spawn').Process(target=print, args=('read',)).start()\n"
    for guard in "", 'if __name__ == "__main__": ':
        Path("train.py").write_text("import multiprocessing\n" + guard + start)
        run = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True)
        assert ("finished its bootstrapping phase" in run.stderr) == (not guard)
        assert ("read" in run.stdout) == bool(guard)


def test_workers_have_no_children(raises):
    """A DataLoader with workers inside a worker raises; with num_workers=0 it does not, and subprocess works as well."""
    with raises(AssertionError, "…daemonic processes are not allowed to have children"):
        list(forked(nest))
    assert len(list(forked(lambda: list(DataLoader(range(2), num_workers=0))))) == 4
    assert len(list(forked(call_a_program))) == 4


def test_a_failed_start_prints_its_own_traceback():
    """A spawned process that cannot load what it was sent prints its own traceback and exits with code 1."""
    Path("train.py").write_text(
        "import multiprocessing\n"
        "def read(): pass\n"
        "if __name__ == '__main__':\n"
        "    worker = multiprocessing.get_context('spawn').Process(target=read)\n"
        "    worker.start()\n"
        "    worker.join()\n"
        "    print('exit code', worker.exitcode)\n"
        "else:\n"
        "    del read  # as in a notebook, where the new process does not have the cell\n"
    )
    run = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True)
    assert "exit code 1" in run.stdout and "Can't get attribute 'read'" in run.stderr
