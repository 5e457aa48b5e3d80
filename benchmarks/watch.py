"""What `ptnote why --` costs a program that does not fail: CPU time of a watched Python beside a bare one.

    python benchmarks/watch.py [--rounds 10] [--code "import torch"]

The rounds are interleaved; the medians are compared. Limit: 1.05 times the bare one.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys

from kb import Recording

LIMIT = 1.05


def cpu(code: str, env: dict[str, str]) -> float:
    """CPU seconds of a Python that runs some code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--code", default="import torch")
    options = parser.parse_args()
    bare = {**os.environ}
    bare.pop("PYTHONDONTWRITEBYTECODE", None)
    with Recording() as recording:
        watched = recording.environment
        watched.pop("PYTHONDONTWRITEBYTECODE", None)
        pairs = [(cpu(options.code, bare), cpu(options.code, watched)) for _ in range(options.rounds)]
    alone, beside = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"bare {alone * 1000:.1f} ms, watched {beside * 1000:.1f} ms: {beside / alone:.3f} (at most {LIMIT})"
    )
    return int(beside / alone > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
