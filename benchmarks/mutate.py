"""Is it noticed when the code of an entry is broken?

Changes one constant, operator, or keyword argument of a snippet or an answer at a time, runs each mutant as
`ptnote test` would, and reports how many are noticed by a proof, an exception, or the output.

    python benchmarks/mutate.py [ID…] [--most 12] [--show]

Left alone, because a change there is meant to make no difference, at least on this machine: the
assertions themselves, seeds, strings, what only decorates a plot, where tensors go and how safely
files are read (`device=`, `weights_only=` …), and of a snippet that only has to raise the numbers,
the operators, and the lines that it shares with its mended neighbor, which proves them.
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

from msgspec import structs

from kb import Library
from kb.content.entry import Snippet
from kb.content.proofs import ANSWER
from kb.messages.pair import mended
from kb.run.job import NO_SNIPPET, Job, jobs_of
from kb.run.pool import Pool
from kb.run.result import Outcome
from kb.run.settings import Settings

GOAL = 0.85
TIMEOUT = 20.0
MOST_SLOW = 4
"""Mutants of a snippet that needs torchrun."""

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
SEEDING = ("manual_seed", "seed", "seed_everything")
HARMLESS = ("strict", "device", "non_blocking", "weights_only", "providers", "map_location", "verbose")
DECORATION = ("plt", "axis", "axes", "figure", "top", "bottom", "image.set", "matplotlib", "warnings")


def mutants(snippet: Snippet, neighbor: Snippet | None) -> Iterator[tuple[str, str]]:
    """(description, mutated code) for every change that can be made."""
    tree = ast.parse(snippet.code)
    full = not snippet.raises
    proven = set(neighbor.code.splitlines()) if neighbor else set()
    lines = snippet.code.splitlines()
    places = [place for place in _places(tree, full) if lines[place.lineno - 1] not in proven]
    for place in places:
        number = list(_places(tree, full)).index(place)
        changed = copy.deepcopy(tree)
        node = list(_places(changed, full))[number]
        line, before = node.lineno, ast.unparse(node)
        _change(node)
        yield (
            f"line {line}: {before}  =>  {ast.unparse(node)}",
            ast.unparse(ast.fix_missing_locations(changed)),
        )


def _places(node: ast.AST, full: bool) -> Iterator[ast.expr]:
    """The expressions that can be changed, in source order; `full` with numbers and operators."""
    kinds = (bool, int, float) if full else bool
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assert | ast.JoinedStr) or _left_alone(child):
            continue
        yield from _places(child, full)
        if (
            (isinstance(child, ast.Constant) and isinstance(child.value, kinds))
            or (full and isinstance(child, ast.BinOp | ast.BoolOp) and type(child.op) in SWAPS)
            or (full and isinstance(child, ast.Compare) and type(child.ops[0]) in SWAPS)
            or (isinstance(child, ast.Call) and _matters(child))
        ):
            yield child


def _matters(call: ast.Call) -> list[ast.keyword]:
    """The keyword arguments of a call that should make a difference."""
    return [keyword for keyword in call.keywords if keyword.arg and keyword.arg not in HARMLESS]


def _left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in HARMLESS
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    checks = name.endswith(("assert_close", "savefig"))
    return checks or name.split(".")[-1] in SEEDING or name.startswith(DECORATION)


def _change(node: ast.expr) -> None:
    match node:
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int()):
            node.value += 1
        case ast.Constant(value=float()):
            node.value = node.value * 1.5 or 1.0
        case ast.BinOp() | ast.BoolOp():
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        case ast.Compare():
            node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[call-overload]
        case ast.Call():
            node.keywords.remove(_matters(node)[0])


def jobs(library: Library, ids: list[str], most: int) -> Iterator[tuple[str, Job, str]]:
    """Each mutant as a job of an entry of its own: what it is a mutant of, the job, and what was changed."""
    for entry in (library.get(id) for id in ids or library.heads):
        proofs = {job.snippet.name: job.proofs for job in jobs_of(entry)}
        for place, snippet in enumerate(entry.snippets):
            found = list(mutants(snippet, mended(entry, snippet) if snippet.raises else None))
            limit = MOST_SLOW if snippet.requires.ranks > 1 else most
            for number, (what, code) in _sample(found, limit):
                broken = structs.replace(snippet, code=code)
                snippets = (*entry.snippets[:place], broken, *entry.snippets[place + 1 :])
                id = f"{entry.id}--{place}-{number}"
                mutant = structs.replace(entry, id=id, snippets=snippets)
                yield f"{entry.id}/{snippet.name}", Job(mutant, broken, proofs[snippet.name]), what
        found = list(mutants(Snippet(name="", code=entry.answer), None)) if entry.answer else []
        about = tuple(proof for proof in entry.proofs if ANSWER in proof.needs)
        for number, (what, code) in _sample(found, most):
            mutant = structs.replace(entry, id=f"{entry.id}--answer-{number}", answer=code)
            yield f"{entry.id}/{ANSWER}", Job(mutant, NO_SNIPPET, about), what


def _sample(found: list[tuple[str, str]], limit: int) -> Iterator[tuple[int, tuple[str, str]]]:
    return enumerate(random.Random(0).sample(found, min(limit, len(found))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--most", type=int, default=12, help="mutants per snippet")
    parser.add_argument("--show", action="store_true", help="print every mutant that went unnoticed")
    options = parser.parse_args()

    library = Library.load()
    all_jobs = list(jobs(library, options.ids, options.most))
    about = {job.entry.id: (name, what) for name, job, what in all_jobs}
    tally: dict[str, list[bool]] = defaultdict(list)
    survivors: dict[str, list[str]] = defaultdict(list)
    started = time.monotonic()
    with Pool(Settings(strict=True, timeout=TIMEOUT)) as pool:
        for result in pool.run_all(job for _, job, _ in all_jobs):
            skipped = [proof.outcome is Outcome.skipped for proof in result.proofs]
            if result.outcome is Outcome.skipped or (not result.snippet and all(skipped)):
                continue
            name, what = about[result.entry]
            tally[name].append(result.failed)
            if not result.failed:
                survivors[name].append(what)

    total = sum(map(len, tally.values()))
    noticed = sum(map(sum, tally.values()))
    weakest = sorted(tally, key=lambda name: (sum(tally[name]) / len(tally[name]), name))
    for name in weakest if options.show else weakest[:10]:
        print(f"{sum(tally[name])}/{len(tally[name])} {name}")
        for text in survivors[name] if options.show else ():
            print(f"      {text}")
    rate = noticed / max(total, 1)
    print(
        f"{noticed} of {total} mutants noticed: {rate:.1%} (goal {GOAL:.0%}),"
        f" {time.monotonic() - started:.0f} s"
    )
    return 0 if rate >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
