"""The warm pool does what a process each would do."""

import os
import signal
import time

import pytest
from msgspec import structs

from kb.run.pool import Pool
from kb.run.process import Settings, run
from kb.run.result import Outcome

STRICT = Settings(strict=True, timeout=20)


def everything(library):
    return [
        (entry, snippet)
        for entry in library
        for snippet in entry.snippets
        if snippet.name not in ("forever", "floods") and not snippet.requires.device
    ]


@pytest.fixture(scope="module")
def pool():
    with Pool(STRICT, workers=2) as pool:
        yield pool


def test_the_pool_and_single_runs_agree(library, pool):
    def facts(result):
        return result.outcome, result.reason, result.exit_code, result.error, result.error_line

    jobs = everything(library)
    pooled = {(r.entry, r.snippet): r for r in pool.run_all(jobs)}
    for entry, snippet in jobs:
        single = run(entry, snippet, STRICT)
        assert facts(pooled[entry.id, snippet.name]) == facts(single), (entry.id, snippet.name)
    assert not pool.fallbacks


def test_a_loop_without_end_is_ended(library):
    entry = library.get("fails")
    with Pool(Settings(strict=True, timeout=0.5), workers=1) as pool:
        pool.run(*everything(library)[0])
        started = time.monotonic()
        result = pool.run(entry, library.snippet(entry, "forever"))
        assert result.outcome is Outcome.timeout
        assert time.monotonic() - started < 5
        assert pool.run(*everything(library)[0]).outcome is not Outcome.timeout


def test_one_snippet_does_not_leak_into_the_next(library, pool):
    entry = library.get("passes")
    dirty = (
        "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.manual_seed(1)\nimport os\nos.chdir('/')"
    )
    clean = "import os, torch\nprint(torch.ones(1).dtype, torch.initial_seed() == 1, os.getcwd() == '/')"
    for _ in range(2):
        pool.run(entry, structs.replace(entry.snippets[0], code=dirty, output=""))
    result = pool.run(entry, structs.replace(entry.snippets[0], code=clean, output=""))
    assert result.stdout == "torch.float32 False False\n"


def test_a_warm_process_that_dies_is_replaced_and_counted(library):
    job = everything(library)[0]
    with Pool(STRICT, workers=1) as pool:
        first = pool.run(*job)
        os.kill(pool._warm[0]._process.pid, signal.SIGKILL)
        pool._warm[0]._process.wait()
        assert pool.run(*job).outcome is first.outcome
        assert pool.fallbacks == {"a warm process died": 1}
        assert pool.run(*job).outcome is first.outcome
        assert pool.fallbacks == {"a warm process died": 1}


def test_ranks_cuda_and_foreign_systems_get_a_process_each(library, monkeypatch):
    entry = library.get("passes")
    ranks = structs.replace(entry.snippets[0], requires=structs.replace(entry.snippets[0].requires, ranks=2))
    assert "torchrun" in Pool(STRICT)._why_not_fork(ranks)
    assert "CUDA" in Pool(Settings(device="cuda"))._why_not_fork(entry.snippets[0])
    monkeypatch.setattr("sys.platform", "darwin")
    assert "darwin" in Pool(STRICT)._why_not_fork(entry.snippets[0])


def test_two_ranks_run_under_torchrun(library):
    entry = library.get("passes")
    code = "import os\nif os.environ['RANK'] == '1':\n    print(os.environ['WORLD_SIZE'])"
    snippet = structs.replace(
        entry.snippets[0],
        code=code,
        output="2",
        requires=structs.replace(entry.snippets[0].requires, ranks=2),
    )
    with Pool(STRICT) as pool:
        result = pool.run(entry, snippet)
        assert (result.outcome, result.device, pool.fallbacks.total()) == (Outcome.passed, "2 ranks", 1)


def test_a_rank_that_aborts_while_shutting_down_is_run_again_and_counted(library, tmp_path):
    entry = library.get("passes")
    mark = tmp_path / "mark"
    code = f"""
import os, pathlib, sys
if os.environ["RANK"] == "1" and not (mark := pathlib.Path({str(mark)!r})).exists():
    mark.touch()
    sys.stderr.write("terminate called without an active exception\\n")
    os.abort()
"""
    requires = structs.replace(entry.snippets[0].requires, ranks=2)
    snippet = structs.replace(entry.snippets[0], code=code, output="", requires=requires)
    with Pool(STRICT) as pool:
        assert pool.run(entry, snippet).outcome is Outcome.passed
        assert pool.fallbacks["a rank aborted while shutting down and was run again"] == 1


def test_leaving_the_results_early_ends_what_still_runs(library):
    entry = library.get("fails")
    jobs = [(entry, library.snippet(entry, "forever"))] * 2 + [(entry, library.snippet(entry, "exits"))]
    started = time.monotonic()
    with Pool(Settings(timeout=60), workers=3) as pool:
        results = pool.run_all(jobs)
        assert next(results).snippet == "exits"
        results.close()
    assert time.monotonic() - started < 30
