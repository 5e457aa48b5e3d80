"""Proofs of segfault."""

import faulthandler
import signal
import subprocess
import sys

import torch

SIGNALS = {4: "SIGILL", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV"}


def run(code, *options):
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True)


def given():
    return {}


def test_answer(answer):
    """faulthandler.enable() turns the report of a crash on."""
    assert answer.faulthandler is faulthandler and faulthandler.is_enabled()
    faulthandler.disable()
    assert "Fatal" not in run("import ctypes; ctypes.string_at(0)").stderr
    crash = run("import faulthandler, ctypes, sys\nfaulthandler.enable(sys.__stderr__)\nctypes.string_at(0)")
    assert 'File "<string>", line 3' in crash.stderr


def test_default(default):
    """The most recent call stands first, and the return code is the signal with a minus sign."""
    assert default.run.returncode == -11 == -signal.SIGSEGV
    assert default.run.stderr.index("line 5 in load") < default.run.stderr.index("line 7 in <module>")


def test_current_thread():
    """With several threads, the one that crashed stands below "Current thread", and others may stand before it."""
    code = "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\nctypes.string_at(0)"
    lines = run(code, "-X", "faulthandler").stderr.splitlines()
    (here,) = (i for i, line in enumerate(lines) if line.startswith("Current thread"))
    assert "string_at" in lines[here + 1] and 'File "<string>", line 3' in lines[here + 2]
    assert any(line.startswith("Thread ") for line in lines[:here])


def test_signals():
    """A negative exit code of a process is the number of the signal; a shell adds it to 128."""
    for number, name in SIGNALS.items():
        code = f"import os; os.kill(os.getpid(), {number})"
        assert run(code).returncode == -number and signal.Signals(number).name == name
        shell = subprocess.run(f'"{sys.executable}" -c "{code}"; echo $?', shell=True, capture_output=True, text=True)
        assert shell.stdout.split()[-1] == str(128 + number)


def test_cpu(cpu):
    """get_cpu_capability() names the instructions that PyTorch's kernels use here."""
    assert cpu.torch.backends.cpu.get_cpu_capability() == torch._C._get_cpu_capability()
    assert cpu.torch.backends.cpu.get_cpu_capability().isupper()


def test_the_reason_stands_above():
    """What a program wrote before it called abort() is in the output, and the exit code is that of signal 6."""
    ended = run("import os, sys\nprint('cannot load the library', file=sys.stderr, flush=True)\nos.abort()")
    assert ended.returncode == -6 and ended.stderr.splitlines()[0] == "cannot load the library"


def test_except_does_not_catch_a_crash():
    """except BaseException does not catch a segmentation fault."""
    code = "import ctypes\ntry:\n    ctypes.string_at(0)\nexcept BaseException:\n    print('caught')\nfinally:\n    print('end')"
    crash = run(code)
    assert crash.returncode == -11 and crash.stdout == ""
