"""The program that stands between ptnote and what it runs, so that nothing outlives a run. Like `child.py`,
beside which it stands, it may run under an interpreter that knows nothing of ptnote, from Python 3.8 on.

    python guard.py TASK

It forks, and the fork becomes the task. It waits for the task, and ends whatever is left when the task has
ended, when it is asked to by a signal, or when its owner dies, however that comes about: the owner holds one
end of a pipe, its lifeline, and the other end tells of its death. It exits as the task did, by the same
signal if a signal ended that.

A task is a JSON object: `lifeline`, the descriptor of that pipe; `grace`, the seconds between asking and
killing; and either `command`, a list of arguments, or `job`, which `child.py` executes. With `folder`, the
folder of this run alone, the task leads a session of its own and reads nothing, all that it has started ends
with it, and if the owner dies the folder is removed, as is the folder `records`. Without it, the task is one
of the user's own commands, which shares the terminal, and what it leaves in the background when it ends by
itself is left alone; with `terminal`, SIGINT comes from there and reaches the command by itself. `limit` and
`memory` are the bytes that
a file and the data of a process may have, 0 for no limit.
"""

from __future__ import annotations

import os
import sys

if (
    __name__ == "__main__"
    and sys.path
    and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__))
):
    sys.path.pop(0)  # the modules beside this file must not be taken for those of the same name elsewhere

import contextlib
import importlib.util
import json
import signal
from typing import Any

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit codes of a command that cannot be started, as in a shell."""

FOREVER = float("inf")


def load(name: str) -> Any:
    """A module beside this one, under a name by which no snippet imports it by chance."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_ptnote_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def set_limits(file: int, memory: int) -> None:
    """Let no file that this process or its children write, and not the data of any of them, grow beyond so
    many bytes; 0 changes nothing."""
    import resource

    wanted = {resource.RLIMIT_FSIZE: file}
    if sys.platform.startswith("linux"):  # elsewhere it does not hold for what malloc takes
        wanted[resource.RLIMIT_DATA] = memory
    for kind, most in wanted.items():
        if most:
            _, hard = resource.getrlimit(kind)
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (limit, limit))


def remove(folder: str) -> None:
    """Remove a folder and all that is in it, folders without permissions as well."""
    import shutil
    import subprocess

    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    with contextlib.suppress(OSError, RecursionError):
        os.chmod(folder, 0o700)
        for place, names, _ in os.walk(folder):  # from the top, so that each is opened before it is read
            for path in (os.path.join(place, name) for name in names):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):  # nested deeper than Python can follow
        with contextlib.suppress(OSError):
            subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)  # noqa: S607


def main() -> int:
    """Do what the task says, and exit as it does."""
    task = json.loads(sys.argv[1])
    kin = load("kin")
    kin.adopt_orphans()
    stopping = [signal.SIGTERM, signal.SIGHUP, *(() if task["terminal"] else (signal.SIGINT,))]
    watch = kin.Watch(task["lifeline"], tuple(stopping))
    guard = os.getpid()
    pid = os.fork()
    if pid == 0:
        watch.forget()
        if task["folder"]:
            _separate()
            kin.die_with(guard)
        else:
            os.close(task["lifeline"])
        return _become(task)
    why = watch.wait(pid, FOREVER)
    _end(watch, pid, why, task)
    status = int(watch.result(pid)[0])
    if why == "alone":
        for folder in filter(None, (task["folder"], task.get("records"))):
            remove(folder)
    if status < 0:
        _die_of(-status)
    return status


def _separate() -> None:
    """Lead a session of one's own, and have nothing to read."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _become(task: Any) -> int:
    """Be the task. Returns the exit code of a job."""
    set_limits(task["limit"], task["memory"])
    if task.get("job"):
        return int(load("child").execute(task["job"]))
    command = task["command"]
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and a command would inherit that
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a program of the owner's
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


def _end(watch: Any, pid: int, why: str, task: Any) -> None:
    """End the task unless it has ended, first by asking, and then what is left of it."""
    own = bool(task["folder"])
    if why != "ended":
        number = watch.asked or signal.SIGTERM
        watch.signal(pid, number, own)
        watch.wait(pid, task["grace"], heed=False)
        if not own:  # it may have been a shell, whose command now is a child of this process
            watch.end(number, task["grace"])
    if own or why != "ended":
        watch.signal(pid, signal.SIGKILL, own)
        watch.end(signal.SIGKILL)


def _die_of(number: int) -> None:
    """End by the same signal that ended the task, without another memory image."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    sys.exit(main())
