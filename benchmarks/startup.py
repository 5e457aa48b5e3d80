"""What a command costs to start, as ratios within one run (machines are noisy).

    python benchmarks/startup.py [--rounds 15]

Each row compares a whole `ptnote` process with a yardstick process; the rounds are interleaved and
the medians compared. The yardsticks import what such a command cannot do without;
that of `show` also highlights one line, because the highlighter compiles its patterns on first use.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kb import Library

PTNOTE = [sys.executable, "-m", "pycli"]
SEARCH_IMPORTS = "import click, rich.console, whoosh.index, whoosh.qparser"
SHOW_IMPORTS = (
    "import click, msgspec; from rich.console import Console; from rich.syntax import Syntax;"
    "Console(quiet=True).print(Syntax('x = 1', 'python'))"
)


def seconds(command: list[str], env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True)
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PTNOTE_CACHE_DIR": folder}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed, with compiled modules
        code = Path(folder) / "snippet.py"
        code.write_text(Library.load().get("one-hot").snippets[0].code)
        python = [sys.executable]
        rows = [
            ("search amp", [*PTNOTE, "search", "amp"], [*python, "-c", SEARCH_IMPORTS], 1.25),
            (
                "search amp, colored",
                [*PTNOTE, "search", "amp", "--color=always"],
                [*python, "-c", SEARCH_IMPORTS],
                1.25,
            ),
            ("show one-hot", [*PTNOTE, "show", "one-hot"], [*python, "-c", SHOW_IMPORTS], 1.25),
            (
                "show one-hot, colored",
                [*PTNOTE, "show", "one-hot", "--color=always"],
                [*python, "-c", SHOW_IMPORTS],
                1.25,
            ),
            ("run one-hot", [*PTNOTE, "run", "one-hot"], [*python, str(code)], 1.15),
        ]
        subprocess.run([*PTNOTE, "search", "amp"], env=env, stdout=subprocess.DEVNULL, check=True)
        failed = False
        for name, command, yardstick, limit in rows:
            pairs = [(seconds(command, env), seconds(yardstick, env)) for _ in range(rounds)]
            ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
            failed |= ours / bare > limit
            print(
                f"{name:24} {ours * 1000:6.0f} ms / {bare * 1000:6.0f} ms"
                f" = {ours / bare:.2f} (at most {limit})"
            )
        print(completion(env, rounds))
    return int(failed)


def completion(env: dict[str, str], rounds: int) -> str:
    """Completing an id, as a shell would ask for it."""
    asking = {**env, "_PTNOTE_COMPLETE": "bash_complete", "COMP_WORDS": "ptnote show one", "COMP_CWORD": "2"}
    ours = statistics.median(seconds([*PTNOTE], asking) for _ in range(rounds))
    bare = statistics.median(seconds([sys.executable, "-c", "import click"], env) for _ in range(rounds))
    return f"{'completion of an id':24} {ours * 1000:6.0f} ms, `import click` alone {bare * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
