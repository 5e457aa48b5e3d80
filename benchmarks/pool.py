"""All snippets through the warm pool against one `python snippet.py` per snippet, in one run.

    python benchmarks/pool.py [--sample 20]

Prints the whole suite's time both ways (the slow way is estimated from a sample), and the cost of
a snippet beyond its own work: a fork of a process that has imported torch, against a process that
imports it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

from msgspec import structs

from kb import Library
from kb.run.pool import Pool
from kb.run.process import run
from kb.run.settings import Settings

GOAL = 15.0
EMPTY = "import torch\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=20)
    count = parser.parse_args().sample
    library = Library.load()
    jobs = [(e, s) for e in library for s in e.snippets if s.requires.ranks == 1 and not s.requires.device]
    settings = Settings(strict=True)

    with Pool(settings, workers=1) as pool:
        pool.run(*jobs[0])  # warm
        entry, snippet = jobs[0]
        empty = structs.replace(snippet, code=EMPTY, output="", raises=None)
        forks = [_seconds(lambda: pool.run(entry, empty)) for _ in range(count)]
        processes = [_seconds(lambda: run(entry, empty, settings)) for _ in range(max(3, count // 4))]
    fork, process = statistics.median(forks), statistics.median(processes)
    print(
        f"a snippet that only imports torch: fork {fork * 1000:.0f} ms, process {process * 1000:.0f} ms,"
        f" {process / fork:.0f} × (at least {GOAL:.0f})"
    )

    with Pool(settings) as pool:
        whole = _seconds(lambda: list(pool.run_all(jobs)))
    sample = random.Random(0).sample(jobs, min(count, len(jobs)))
    alone = statistics.mean(_seconds(lambda job=job: run(*job, settings)) for job in sample)
    print(
        f"{len(jobs)} snippets: pool {whole:.1f} s; one process each, one after the other,"
        f" {alone * len(jobs):.0f} s (from {len(sample)}): {alone * len(jobs) / whole:.1f} ×"
    )
    return int(process / fork < GOAL)


def _seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
