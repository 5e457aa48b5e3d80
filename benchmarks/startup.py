"""What a command costs to start, as ratios within one run, because machines are noisy.

    python benchmarks/startup.py [--rounds 15] [--wheel]

Each row compares a whole `ptnote` process with a yardstick process; the rounds are interleaved and the
medians compared. The yardstick of showing and searching is `python -c "import click"`, which no command
line tool of this kind can do without; that of running is the bare program. `--wheel` measures what users have
instead of this checkout: it builds a wheel, installs it into an environment of its own, and first takes the
time of the very first search there.
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
SHOW, SEARCH, RUN = 1.7, 2.5, 1.15
"""The most that a command may cost, as a multiple of its yardstick."""

FIRST_SEARCH = 1.0
"""Seconds that the first search after installing a wheel may take."""


def seconds(command: list[str], env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True)
    return time.perf_counter() - started


def rows(python: Path, program: Path, wheel: bool) -> list[tuple[str, list[str], list[str], float]]:
    """Name, command, yardstick, and limit of everything that is measured. The environment of a wheel has
    no torch to run anything with."""
    ptnote = str(python.with_name("ptnote"))
    click = [str(python), "-c", "import click"]
    running = [("run one-hot", [ptnote, "run", "one-hot"], [str(python), str(program)], RUN)]
    return [
        ("one-hot", [ptnote, "one-hot"], click, SHOW),
        ("one-hot in Chinese", [ptnote, "one-hot", "-L", "zh"], click, SHOW),
        ("one-hot, colored", [ptnote, "one-hot", "--color=always"], click, SHOW),
        ("独热", [ptnote, "独热"], click, SHOW),
        ("search amp", [ptnote, "search", "amp"], click, SEARCH),
        ("search 学习率预热", [ptnote, "search", "学习率预热"], click, SEARCH),
        ("search how to …", [ptnote, "search", "how to clip gradients"], click, SEARCH),
        ("search amp, colored", [ptnote, "search", "amp", "--color=always"], click, SEARCH),
        *([] if wheel else running),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--wheel", action="store_true", help="measure an installed wheel")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PTNOTE_CACHE_DIR": f"{folder}/cache"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed, with compiled modules
        program = Path(folder) / "snippet.py"
        program.write_text(Library.load().get("one-hot").snippets[0].code)
        python = install_wheel(Path(folder)) if options.wheel else Path(sys.executable)
        ptnote = str(python.with_name("ptnote"))
        first = seconds([ptnote, "search", "混合精度"], env)
        if options.wheel:
            failed |= first > FIRST_SEARCH
            print(f"{'first search of a wheel':24} {first * 1000:6.0f} ms (at most {FIRST_SEARCH:g} s)")
        for name, command, yardstick, limit in rows(python, program, options.wheel):
            seconds(command, env)
            pairs = [(seconds(command, env), seconds(yardstick, env)) for _ in range(options.rounds)]
            ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
            failed |= ours / bare > limit
            print(
                f"{name:24} {ours * 1000:6.0f} ms / {bare * 1000:6.0f} ms"
                f" = {ours / bare:.2f} (at most {limit})"
            )
        print(completion(python, env, options.rounds))
    return int(failed)


def completion(python: Path, env: dict[str, str], rounds: int) -> str:
    """Completing an id, as a shell would ask for it."""
    asking = {**env, "_PTNOTE_COMPLETE": "bash_complete", "COMP_WORDS": "ptnote show one", "COMP_CWORD": "2"}
    ours = statistics.median(seconds([str(python.with_name("ptnote"))], asking) for _ in range(rounds))
    bare = statistics.median(seconds([str(python), "-c", "import click"], env) for _ in range(rounds))
    return f"{'completion of an id':24} {ours * 1000:6.0f} ms / {bare * 1000:6.0f} ms = {ours / bare:.2f}"


def install_wheel(folder: Path) -> Path:
    """The interpreter of an environment in which nothing of ptnote ever ran."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "-w", folder / "wheel", ROOT], check=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    install = [folder / "venv" / "bin" / "pip", "install", "--quiet", "--compile"]
    subprocess.run([*install, "-c", ROOT / "constraints.txt", wheel], check=True)
    return folder / "venv" / "bin" / "python"


if __name__ == "__main__":
    sys.exit(main())
