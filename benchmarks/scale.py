"""How ptnote grows: times, memory, and sizes with 200, 2,000, and 20,000 generated entries, whose
sentences, names, and code are those of the real ones, recombined.

    python benchmarks/scale.py [--sizes 200 2000 20000]

Limits, at the largest size: a query's p95 50 ms, adding one entry 300 ms, memory 200 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from kb import Library, paths

SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")
QUERIES = 300
LIMITS = {"query p95 ms": 50.0, "add one ms": 300.0, "memory MB": 200.0}


def generate(root: Path, count: int, real: list[dict[str, Any]], rng: random.Random) -> None:
    """Write `count` entries below `root`, in the categories of the real ones."""
    sentences = {
        language: [s for entry in real for s in SENTENCE.split(entry["explain"][language]) if s.strip()]
        for language in ("en", "zh")
    }
    apis = [api for entry in real for api in entry.get("api", ())]
    for number in range(count):
        model = rng.choice(real)
        words = [rng.choice(real) for _ in range(3)]
        entry = {
            "format": 1,
            "title": {language: f"{words[0]['title'][language]} {number}"[:60] for language in ("en", "zh")},
            "summary": words[1]["summary"],
            "tags": model.get("tags", []),
            "aliases": [f"{rng.choice(w['aliases'])} {number}" for w in words if w.get("aliases")],
            "api": rng.sample(apis, 2),
            "explain": {language: " ".join(rng.sample(sentences[language], 8)) for language in ("en", "zh")},
            "snippets": [{"name": "default", "code": model["snippets"][0]["code"]}],
        }
        folder = root / model["category"]
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.dump(entry, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        (folder / f"{model['id'][:24]}-{number}.yaml").write_text(text)


def real_entries() -> list[dict[str, Any]]:
    """The built-in entries as plain data, each with its id and category."""
    entries = []
    for path in sorted(paths.builtin_entries().glob("*/*.yaml")):
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        entries.append({**content, "id": path.stem, "category": path.parent.name})
    return entries


def queries(real: list[dict[str, Any]], rng: random.Random) -> list[str]:
    """Names, parts of titles, and questions, in both languages."""
    made = []
    for _ in range(QUERIES):
        entry = rng.choice(real)
        language = rng.choice(("en", "zh"))
        title = entry["title"][language]
        made.append(
            rng.choice((rng.choice(entry.get("aliases") or [title]), title, entry["summary"][language][:60]))
        )
    return made


def measure(root: Path) -> dict[str, float]:
    """What this process needs to read, index, query, and update the entries of `root`."""
    told: dict[str, float] = {}
    started = time.perf_counter()
    library = Library.load(root)
    told["read YAML s"] = time.perf_counter() - started
    started = time.perf_counter()
    library.index()
    told["build index s"] = time.perf_counter() - started
    told["entries/s"] = len(library) / told["build index s"]
    told["index MB"] = folder_size(paths.cache_dir()) / 1e6
    return told


def ask(root: Path, asked: list[str]) -> dict[str, float]:
    """What a process needs that finds everything built."""
    library = Library.load(root)
    told: dict[str, float] = {}
    library.search(asked[0])
    times = []
    for query in asked:
        started = time.perf_counter()
        library.search(query)
        times.append((time.perf_counter() - started) * 1e3)
    told["query p50 ms"] = statistics.median(times)
    told["query p95 ms"] = statistics.quantiles(times, n=20)[18]
    told["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return told


def update(root: Path) -> dict[str, float]:
    """What one new entry costs, beyond a start that finds nothing changed."""

    def start() -> float:
        started = time.perf_counter()
        _ = Library.load(root).index
        return (time.perf_counter() - started) * 1e3

    start()  # imports
    unchanged = start()
    some = next(root.glob("*/*.yaml"))
    (some.parent / "brand-new.yaml").write_text(some.read_text())
    changed = start()
    return {"start ms": unchanged, "add one ms": changed - unchanged}


def folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2_000, 20_000])
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    rng = random.Random(0)
    real = real_entries()
    asked = queries(real, rng)
    if options.step:  # in a process of its own, so that memory is its own
        name, root = options.step
        told = (
            ask(Path(root), asked)
            if name == "ask"
            else {"measure": measure, "update": update}[name](Path(root))
        )
        print(json.dumps(told))
        return 0
    columns = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "entries"
            generate(root, size, real, rng)
            env = {**os.environ, "PTNOTE_CACHE_DIR": str(Path(folder) / "cache")}
            told: dict[str, float] = {}
            for step in ("measure", "ask", "update"):
                command = [sys.executable, __file__, "--step", step, str(root)]
                done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
                told |= json.loads(done.stdout)
            columns.append(told)
            print(f"{size} entries done", file=sys.stderr)
    print(f"{'':16}" + "".join(f"{size:>12,}" for size in options.sizes))
    for name in columns[0]:
        print(f"{name:16}" + "".join(f"{told[name]:12,.1f}" for told in columns))
    missed = [name for name, limit in LIMITS.items() if columns[-1][name] > limit]
    print(f"over the limit: {', '.join(missed)}" if missed else "all within limits")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
