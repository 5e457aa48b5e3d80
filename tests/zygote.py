"""A process that has imported the `ptnote` command, and forks a child for every call of it.

    python -m tests.zygote      a call on each line of stdin, its exit code on a line of stdout

The tests call the command about a thousand times; starting an interpreter for each would take most of their
time. A call is a JSON object: `arguments`, `env` (all of it), `cwd`, and the files `stdin`, `stdout` and
`stderr`. What is imported is not run before the fork, so no call sees what another has done.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any

IMPORTED = (
    "yaml",
    "kb.content.parse",
    "kb.library",
    "kb.search.find",
    "kb.search.index",
    "kb.why",
    "pycli.main",
)


def serve() -> None:
    for name in IMPORTED:
        import_module(name)
    from pycli.main import COMMANDS, module_of

    for name in ("lookup", *COMMANDS):
        import_module(f"pycli.commands.{module_of(name)}")
    calls, codes = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in calls:
        pid = os.fork()
        if pid == 0:
            calls.close()
            codes.close()
            _become(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=codes, flush=True)


def _become(call: dict[str, Any]) -> None:
    """Be the command, to the end of the process."""
    os.environ.clear()
    os.environ.update(call["env"])
    os.chdir(call["cwd"])
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(call[name], flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["ptnote", *call["arguments"]]
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    from pycli.start import main

    main()
    sys.exit(0)


if __name__ == "__main__":
    serve()
