"""What a command costs to start, as ratios within one run, because machines are noisy.

    python benchmarks/startup.py [--rounds 15] [--wheel]

Each row compares a whole `ptnote` process with a yardstick process; the rounds are interleaved and the
medians compared. The yardstick of showing and searching is `python -c "import click"`, which no command
line tool of this kind can do without; that of running is the bare program. `--wheel` also builds a wheel,
installs it into an empty environment, and takes the time of the very first search there.
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

ROOT = Path(__file__).resolve().parent.parent
PTNOTE = str(Path(sys.executable).with_name("ptnote"))
CLICK = [sys.executable, "-c", "import click"]
SHOW, SEARCH, RUN = 1.7, 2.5, 1.15
"""The most that a command may cost, as a multiple of its yardstick."""

FIRST_SEARCH = 1.0
"""Seconds that the first search after installing a wheel may take."""


def seconds(command: list[str], env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True)
    return time.perf_counter() - started


def rows(program: Path) -> list[tuple[str, list[str], list[str], float]]:
    """Name, command, yardstick, and limit of everything that is measured."""
    bare = [sys.executable, str(program)]
    return [
        ("one-hot", [PTNOTE, "one-hot"], CLICK, SHOW),
        ("one-hot in Chinese", [PTNOTE, "one-hot", "-L", "zh"], CLICK, SHOW),
        ("one-hot, colored", [PTNOTE, "one-hot", "--color=always"], CLICK, SHOW),
        ("独热", [PTNOTE, "独热"], CLICK, SHOW),
        ("search amp", [PTNOTE, "search", "amp"], CLICK, SEARCH),
        ("search 学习率预热", [PTNOTE, "search", "学习率预热"], CLICK, SEARCH),
        ("search how to …", [PTNOTE, "search", "how to clip gradients"], CLICK, SEARCH),
        ("search amp, colored", [PTNOTE, "search", "amp", "--color=always"], CLICK, SEARCH),
        ("run one-hot", [PTNOTE, "run", "one-hot"], bare, RUN),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--wheel", action="store_true", help="time the first search of an installed wheel")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PTNOTE_CACHE_DIR": f"{folder}/cache"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed, with compiled modules
        program = Path(folder) / "snippet.py"
        program.write_text(Library.load().get("one-hot").snippets[0].code)
        subprocess.run([PTNOTE, "search", "amp"], env=env, stdout=subprocess.DEVNULL, check=True)
        for name, command, yardstick, limit in rows(program):
            seconds(command, env)
            pairs = [(seconds(command, env), seconds(yardstick, env)) for _ in range(options.rounds)]
            ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
            failed |= ours / bare > limit
            print(
                f"{name:24} {ours * 1000:6.0f} ms / {bare * 1000:6.0f} ms"
                f" = {ours / bare:.2f} (at most {limit})"
            )
        print(completion(env, options.rounds))
        if options.wheel:
            first = first_search(Path(folder))
            failed |= first > FIRST_SEARCH
            print(f"{'first search of a wheel':24} {first * 1000:6.0f} ms (at most {FIRST_SEARCH:g} s)")
    return int(failed)


def completion(env: dict[str, str], rounds: int) -> str:
    """Completing an id, as a shell would ask for it."""
    asking = {**env, "_PTNOTE_COMPLETE": "bash_complete", "COMP_WORDS": "ptnote show one", "COMP_CWORD": "2"}
    ours = statistics.median(seconds([PTNOTE], asking) for _ in range(rounds))
    bare = statistics.median(seconds(CLICK, env) for _ in range(rounds))
    return f"{'completion of an id':24} {ours * 1000:6.0f} ms / {bare * 1000:6.0f} ms = {ours / bare:.2f}"


def first_search(folder: Path) -> float:
    """Seconds of the first search, in an environment in which nothing of ptnote ever ran."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "-w", folder / "wheel", ROOT], check=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    install = [folder / "venv" / "bin" / "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(install, check=True)
    env = {**os.environ, "PTNOTE_CACHE_DIR": str(folder / "empty-cache")}
    return seconds([str(folder / "venv" / "bin" / "ptnote"), "search", "混合精度"], env)


if __name__ == "__main__":
    sys.exit(main())
