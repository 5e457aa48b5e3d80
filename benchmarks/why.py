"""What `Library.why` costs on long logs of several kinds: CPU seconds and peak memory of a process each.

    python benchmarks/why.py

Limit: 1 CPU second for each call, which a search index that was used before is part of.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from kb import Library

LIMIT = 1.0
BYTES = 4 << 20
TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 12, in <module>
    loss = step(batch)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)
"""
PROGRESS = "2026-01-02 10:{0:02}:{1:02} INFO step {2} loss {3:.4f} lr 0.0003 grad_norm 1.02 mem 17.2 GiB"
BAIT = ("Assertion `", "Assertion ` failed", "Killed ", "x Killedx: ", ":1: ", ":1: Warning: ", "a.", "[E ")


def training(lines: int = 100_000) -> str:
    """The log of a training run in which nothing goes wrong."""
    return "".join(PROGRESS.format(i // 60 % 60, i % 60, i, 7 / (i + 1)) + "\n" for i in range(lines))


def filled(bait: str) -> str:
    """Lines of 4,000 characters, 4 MB in all, of something that only begins like an error."""
    line = bait * (4_000 // len(bait)) + "\n"
    return line * (BYTES // len(line))


LOGS: dict[str, Callable[[], str]] = {
    "100,000 lines of training": training,
    "the same, then a traceback": lambda: training() + TRACEBACK,
    "the same in color, rewriting lines": lambda: "".join(
        f"\x1b[32m{line}\r\x1b[K{line}\x1b[0m\n" for line in training().splitlines()
    ),
    "one line, rewritten 100,000 times": lambda: training().replace("\n", "\r"),
    "20,000 unknown errors": lambda: "".join(
        f"ValueError: the flux of core {i} left its bounds by {i * 7} and shape [{i}, 3]\n"
        for i in range(20_000)
    ),
    "20,000 unknown tracebacks, interleaved": lambda: "".join(
        f"[rank{i % 8}]: {line}\n"
        for i in range(20_000)
        for line in TRACEBACK.replace("shapes", f"flux {i}").splitlines()
    ),
    "a warning 5,000 times": lambda: (
        "/usr/lib/python3/site-packages/core.py:12: UserWarning: the flux is low\n  warnings.warn(text)\n"
        * 5_000
    ),
    "20,000 prefixed errors": lambda: "".join(f"service | ValueError: flux {i}\n" for i in range(20_000)),
    **{
        f"4 MB of {bait!r}": lambda bait=bait: filled(bait)
        for bait in (
            "Assertion `",
            "Assertion ` failed",
            "Killed ",
            "x Killedx: ",
            ":1: ",
            ":1: Warning: ",
            "a.",
            "[E ",
        )
    },
}


def measure(name: str) -> dict[str, float]:
    """Explain one log in this process, after the library has been opened and searched once."""
    library = Library.load()
    library.search("how to warm up")
    text = LOGS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    library.why(text)
    spent = time.process_time() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": spent, "peak": after * unit / 1e6, "added": (after - before) * unit / 1e6}


def main() -> int:
    """Print a line for each log; exit with 1 if one takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--measure", choices=LOGS, help=argparse.SUPPRESS)
    name = parser.parse_args().measure
    if name:
        print(json.dumps(measure(name)))
        return 0
    slow = False
    print(f"{'log':42}{'CPU s':>8}{'peak MB':>10}{'added MB':>10}")
    for name in LOGS:
        done = subprocess.run([sys.executable, __file__, "--measure", name], capture_output=True, check=True)
        row = json.loads(done.stdout)
        slow |= row["seconds"] > LIMIT
        print(f"{name:42}{row['seconds']:8.2f}{row['peak']:10.0f}{row['added']:10.0f}", flush=True)
    print(f"limit: {LIMIT:.0f} CPU s")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
