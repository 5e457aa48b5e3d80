"""A folder for one task goes with it, however that ends."""

import subprocess
import sys

import pytest

from kb.scratch import throwaway

PROGRAM = """
import os, pathlib, sys, tempfile
from kb.scratch import throwaway

temporary = pathlib.Path(tempfile.gettempdir())

def work():
    with throwaway() as folder:
        (folder / "file").write_text("x")

def interrupted(last):
    # an exception at this step, as that of a signal's handler, and none after it
    steps = 0

    def watch(frame, event, argument):
        nonlocal steps
        steps += 1
        if steps == last:
            sys.settrace(None)
            print("at", frame.f_code.co_name, flush=True)
            raise KeyboardInterrupt
        return watch

    sys.settrace(watch)
    work()

for step in range(1, 2000):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        interrupted(step)
        sys.exit(0)
    ended = os.waitpid(child, 0)[1] == 0
    assert not list(temporary.iterdir()), step
    if ended:
        break
else:
    sys.exit("it did not come to its end")
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """An empty folder that a child process takes for that of temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_an_exception_at_any_step_leaves_nothing(temporary):
    """Neither before the block begins nor while the folder is being removed."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    places = {line.removeprefix("at ") for line in done.stdout.splitlines()}
    assert {"work", "throwaway", "__enter__", "__exit__", "clear", "rmtree"} <= places


def test_signals_wait_while_python_tries_the_folder_out(temporary):
    program = (
        "import os, signal, tempfile\nfrom kb.scratch import throwaway\n"
        "opened = os.open\n"
        "def slow(*arguments):\n"
        "    file = opened(*arguments)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return file\n"
        "tempfile._os.open = slow\n"
        "with throwaway():\n    pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "KeyboardInterrupt" in done.stderr
    assert not list(temporary.iterdir())


def test_a_folder_that_cannot_be_made_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError), throwaway():
        pass


def test_the_folder_is_private_and_new(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with throwaway("a-") as first, throwaway("a-") as second:
        assert first != second
        assert first.parent == tmp_path
        assert first.name.startswith("a-")
        assert first.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


def test_a_fork_that_exits_leaves_the_folder_of_its_parent(temporary):
    program = (
        "import os, sys\nfrom kb.scratch import throwaway\n"
        "with throwaway() as folder:\n"
        "    if not os.fork():\n        sys.exit(0)\n"
        "    os.wait()\n    print(folder.exists())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert not list(temporary.iterdir())
