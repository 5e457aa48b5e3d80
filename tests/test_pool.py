"""The warm pool does what a process each would do, and ends what it started, and only that."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import yaml
from msgspec import structs

from kb import Library
from kb.content.shelf import pick_snippet
from kb.run import torch
from kb.run.pool import Pool
from kb.run.process import run
from kb.run.result import Cause, Outcome
from kb.run.settings import Settings
from kb.run.warm import SERVER, why_not_fork
from tests.processes import alive, ended, gone, until, written

STRICT = Settings(strict=True, timeout=60)
FOREVER = "import time\nwhile True:\n    time.sleep(0.05)"

pytestmark = pytest.mark.needs_torch


def everything(library):
    return [
        (entry, snippet)
        for entry in library
        for snippet in entry.snippets
        if snippet.name not in ("forever", "floods") and not snippet.requires.device
    ]


def job(library, code, ranks=1, output=""):
    """The entry `passes` with other code in its first snippet."""
    entry = library.get("passes")
    requires = structs.replace(entry.snippets[0].requires, ranks=ranks)
    return entry, structs.replace(entry.snippets[0], code=code, output=output, requires=requires)


def notes_pid(path):
    return f"import os\nopen({str(path)!r}, 'w').write(str(os.getpid()))"


@pytest.fixture(scope="module")
def pool():
    with Pool(STRICT, workers=2) as pool:
        yield pool


@pytest.fixture
def alone(monkeypatch):
    """Makes pools run every snippet in a process of its own."""
    monkeypatch.setattr("kb.run.pool.why_not_fork", lambda snippet, settings: "a test")


def test_the_pool_and_single_runs_agree(library, pool):
    def facts(result):
        return (
            result.outcome,
            result.cause,
            result.reason,
            result.exit_code,
            result.error,
            result.error_line,
            result.path,
            result.line,
            result.diff,
        )

    jobs = everything(library)
    pooled = {(r.entry, r.snippet): r for r in pool.run_all(jobs)}
    for entry, snippet in jobs:
        single = run(entry, snippet, STRICT)
        assert facts(pooled[entry.id, snippet.name]) == facts(single), (entry.id, snippet.name)
    assert {result.fallback for result in pooled.values()} == {""}


def test_a_loop_without_end_is_ended(library, tmp_path):
    pid = tmp_path / "pid"
    with Pool(Settings(strict=True, timeout=1.0), workers=1) as pool:
        result = pool.run(*job(library, f"{notes_pid(pid)}\n{FOREVER}"))
        assert (result.outcome, result.fallback) == (Outcome.timeout, "")
        assert ended(pid)
    with Pool(STRICT, workers=1) as pool:  # where a busy machine does not run out of time
        for _ in range(2):
            assert pool.run(*job(library, "print(1)", output="1")).outcome is Outcome.passed


SAYS_THREADS = "import os\nprint(os.environ.get('OMP_NUM_THREADS'))"


@pytest.mark.parametrize(("workers", "threads"), [(1, "6"), (2, "3"), (4, "1"), (12, "1")])
def test_each_snippet_gets_its_share_of_the_cores(library, monkeypatch, workers, threads):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    with Pool(STRICT, workers) as pool:
        assert pool.run(*job(library, SAYS_THREADS)).stdout == f"{threads}\n"


def test_the_user_may_say_how_many_threads_a_snippet_gets(library, monkeypatch, alone):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Pool(STRICT, workers=1) as pool:
        assert pool.run(*job(library, SAYS_THREADS)).stdout == "7\n"
        assert pool.run(*job(library, SAYS_THREADS, ranks=2)).stdout == "7\n7\n"


def test_a_snippet_that_runs_alone_has_as_many_threads_as_torch_likes(library, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    entry, snippet = job(library, SAYS_THREADS)
    assert run(entry, snippet, STRICT).stdout == "None\n"


def test_a_time_out_does_not_reach_the_next_snippet(library):
    with Pool(Settings(strict=True, timeout=1.0), workers=1) as pool:
        first = pool.run(*job(library, FOREVER))
        pids = {warm.pid for warm in pool._warm}
        second = pool.run(*job(library, FOREVER))
        assert [first.outcome, second.outcome] == [Outcome.timeout] * 2
        assert {warm.pid for warm in pool._warm} == pids


def test_one_snippet_does_not_leak_into_the_next(library, pool):
    dirty = (
        "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.manual_seed(1)\nimport os\nos.chdir('/')"
    )
    clean = "import os, torch\nprint(torch.ones(1).dtype, torch.initial_seed() == 1, os.getcwd() == '/')"
    for _ in range(2):
        pool.run(*job(library, dirty))
    assert pool.run(*job(library, clean)).stdout == "torch.float32 False False\n"


def test_what_a_snippet_started_ends_with_it(library, pool):
    entry = library.get("fails")
    result = pool.run(entry, pick_snippet(entry, "forks"))
    assert (result.outcome, result.fallback) == (Outcome.passed, "")
    assert gone(int(result.stdout))


def test_no_file_grows_beyond_a_limit(library, pool):
    result = pool.run(*job(library, "open('big', 'wb').truncate(2 << 30)"))
    assert (result.outcome, result.error) == (Outcome.failed, "OSError: [Errno 27] File too large")


def test_a_warm_process_that_dies_is_replaced_and_the_result_says_so(library):
    with Pool(STRICT, workers=1) as pool:
        first = pool.run(*job(library, "print(1)", output="1"))
        os.kill(pool._warm[0].pid, signal.SIGKILL)
        until(lambda: not alive(pool._warm[0].pid), "the warm process dies")
        second, third = (pool.run(*job(library, "print(1)", output="1")) for _ in range(2))
    assert {first.outcome, second.outcome, third.outcome} == {Outcome.passed}
    assert [first.fallback, second.fallback, third.fallback] == ["", "a warm process died", ""]


def test_a_snippet_that_kills_its_warm_process_gets_a_process_of_its_own(library):
    with Pool(STRICT, workers=1) as pool:
        pool.run(*job(library, ""))
        code = f"import os\nif os.getppid() == {pool._warm[0].pid}:\n    os.kill(os.getppid(), 9)\nprint(1)"
        result = pool.run(*job(library, code, output="1"))
    assert (result.outcome, result.fallback) == (Outcome.passed, "a warm process died")


def test_cuda_and_foreign_systems_get_a_process_each(library, monkeypatch):
    entry = library.get("passes")
    assert "CUDA" in why_not_fork(entry.snippets[0], Settings(device="cuda"))
    assert why_not_fork(entry.snippets[0], STRICT) == ""
    monkeypatch.setattr("sys.platform", "darwin")
    assert "darwin" in why_not_fork(entry.snippets[0], STRICT)


def test_two_ranks_meet(library):
    code = """
import torch.distributed as dist
import torch
dist.init_process_group("gloo")
total = torch.tensor(dist.get_rank() + 1)
dist.all_reduce(total)
if dist.get_rank() == 1:
    print(total.item(), dist.get_world_size(), torch.get_num_threads())
dist.destroy_process_group()
"""
    with Pool(STRICT) as pool:
        result = pool.run(*job(library, code, ranks=2, output="3 2 1"))
    assert (result.outcome, result.device, result.fallback) == (Outcome.passed, "2 ranks", "")


def test_a_rank_that_fails_ends_the_others_and_is_the_one_told_of(library, tmp_path):
    mark = tmp_path / "mark"
    waits = "pathlib.Path(mark + '.new').write_text(str(os.getpid()))\n    os.replace(mark + '.new', mark)\n    time.sleep(60)"
    code = f"""
import os, pathlib, time
mark = {str(mark)!r}
if os.environ["RANK"] == "0":
    {waits}
while not os.path.exists(mark):
    time.sleep(0.01)
raise ValueError("of rank 1")
"""
    with Pool(STRICT) as pool:
        result = pool.run(*job(library, code, ranks=2))
    assert (result.cause, result.error, result.error_line) == (Cause.raised, "ValueError: of rank 1", 10)
    assert gone(int(mark.read_text()))


def test_a_time_out_ends_every_rank(library, tmp_path):
    code = f"import os\nopen({str(tmp_path)!r} + '/' + os.environ['RANK'], 'w').write(str(os.getpid()))\n{FOREVER}"
    with Pool(Settings(strict=True, timeout=2)) as pool:
        result = pool.run(*job(library, code, ranks=2))
    assert result.outcome is Outcome.timeout
    assert all(gone(int((tmp_path / rank).read_text())) for rank in "01")


def test_a_rank_that_aborts_while_shutting_down_is_run_again_and_the_result_says_so(
    library, tmp_path, monkeypatch
):
    """Where there is no fork, torchrun is used, whose ranks may trip over each other at the end."""
    code = f"""
import os, pathlib, sys
if os.environ["RANK"] == "1" and not (mark := pathlib.Path({str(tmp_path / "mark")!r})).exists():
    mark.touch()
    sys.stderr.write("terminate called without an active exception\\n")
    os.abort()
"""
    monkeypatch.setattr("kb.run.pool.why_not_fork", lambda *_: "no fork")
    with Pool(STRICT) as pool:
        result = pool.run(*job(library, code, ranks=2))
    assert result.outcome is Outcome.passed
    assert result.fallback == "a rank aborted while shutting down and was run again"


def test_leaving_the_results_early_ends_what_still_runs(library, tmp_path):
    marks = [tmp_path / "1", tmp_path / "2"]
    jobs = [job(library, f"{notes_pid(mark)}\n{FOREVER}") for mark in marks]
    with Pool(STRICT, workers=3) as pool:
        results = pool.run_all([*jobs, job(library, waits_for(*marks))])
        assert next(results).outcome is Outcome.passed
        results.close()
    assert [alive(int(mark.read_text())) for mark in marks] == [False, False]


def waits_for(*files):
    """Code that ends once other snippets have written these files."""
    names = [str(file) for file in files]
    return f"import os, time\nwhile not all(map(os.path.exists, {names})):\n    time.sleep(0.01)"


def test_closing_the_results_of_the_library_ends_what_still_runs(own_library, tmp_path):
    mark = tmp_path / "mark"
    path = own_library / "basics" / "passes.yaml"
    entry = yaml.safe_load(path.read_text())
    default, wrong = entry["snippets"]
    default |= {"code": waits_for(mark), "output": ""}
    wrong["code"] = f"{notes_pid(mark)}\n{FOREVER}"
    path.write_text(yaml.safe_dump(entry, allow_unicode=True))
    results = Library.load(own_library).test(["passes"], workers=2, agreed=True)
    assert next(results).snippet == "default"
    results.close()
    assert gone(int(mark.read_text()))


def test_a_pool_does_not_end_what_another_one_started(library, tmp_path, alone):
    running, go_on = tmp_path / "running", tmp_path / "go-on"
    code = f"open({str(running)!r}, 'w').write('1')\n{waits_for(go_on)}\nprint('done')"
    results = []
    with Pool(STRICT) as one, Pool(STRICT) as other:
        thread = threading.Thread(target=lambda: results.append(one.run(*job(library, code, output="done"))))
        thread.start()
        written(running)
        other.close()
        go_on.touch()
        thread.join()
    assert [(result.outcome, result.reason) for result in results] == [(Outcome.passed, "")]


def test_closing_a_pool_ends_its_processes_before_it_returns(library, tmp_path, alone):
    mark, results = tmp_path / "mark", []
    pool = Pool(STRICT)
    code = f"{notes_pid(mark)}\n{FOREVER}"
    thread = threading.Thread(target=lambda: results.append(pool.run(*job(library, code))))
    thread.start()
    pid = written(mark)
    pool.close()
    assert not alive(pid)
    thread.join()
    assert [(result.outcome, result.cause) for result in results] == [(Outcome.skipped, Cause.stopped)]
    assert pool.run(*job(library, "")).cause is Cause.stopped
    pool.close()


def test_closing_a_pool_stops_a_fork(library, tmp_path):
    mark, results = tmp_path / "mark", []
    pool = Pool(STRICT)
    code = f"{notes_pid(mark)}\n{FOREVER}"
    thread = threading.Thread(target=lambda: results.append(pool.run(*job(library, code))))
    thread.start()
    pid = written(mark)
    pool.close()
    assert gone(pid)
    thread.join()
    assert [result.cause for result in results] == [Cause.stopped]


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A folder of modules that a warm process can import."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def test_a_module_that_prints_and_reads_while_imported_breaks_nothing(library, modules, monkeypatch):
    noise = "import os, subprocess, sys\nprint('hello')\nos.write(1, b'again\\n')\nassert sys.stdin.read() == ''\n"
    (modules / "noisy.py").write_text(noise + "subprocess.run(['echo', 'from a child'], check=True)\n")
    monkeypatch.setattr(torch, "WARM", {"noisy": "print", "missing_module": "print"})
    with Pool(STRICT, workers=1) as pool:
        result = pool.run(*job(library, "print(1)", output="1"))
    assert (result.outcome, result.fallback) == (Outcome.passed, "")


@contextlib.contextmanager
def server():
    """A warm process with pipes."""
    process = subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def order(tmp_path, code, timeout=60.0, modules=()):
    """A line for a warm process that has it run some code, after importing some modules."""
    (tmp_path / "code.py").write_text(code)
    names = {"report": str(tmp_path / "report"), "side": str(tmp_path)}
    facts = {
        "strict": False,
        "ignored": [],
        "limit": 0,
        "memory": 0,
        "env": {},
        "timeout": timeout,
        "ranks": 1,
        "proofs": {},
    }
    facts["modules"] = modules
    return json.dumps({"path": str(tmp_path / "code.py"), "folder": str(tmp_path), **names, **facts}) + "\n"


TELL = """
import os, signal
fork = os.fork
def tell():
    pid = fork()
    if pid:
        open({mark!r}, "w").write(str(pid))
        os.kill(os.getpid(), signal.SIGTERM)
    return pid
os.fork = tell
"""


def test_a_signal_right_after_the_fork_leaves_no_orphan(modules, tmp_path):
    """The warm process is told to stop before it could note the id of its child."""
    (modules / "tells.py").write_text(TELL.format(mark=str(tmp_path / "mark")))
    with server() as process:
        process.stdin.write(order(tmp_path, FOREVER, modules=["tells"]))
        process.stdin.flush()
        assert process.wait() == 0
        assert gone(int((tmp_path / "mark").read_text()))


def test_a_signal_while_a_snippet_runs_ends_both(tmp_path):
    with server() as process:
        process.stdin.write(order(tmp_path, f"{notes_pid(tmp_path / 'mark')}\n{FOREVER}"))
        process.stdin.flush()
        pid = written(tmp_path / "mark")
        process.terminate()
        assert process.wait() == 0
        assert gone(pid)


def test_a_signal_between_two_snippets_ends_the_warm_process(tmp_path):
    with server() as process:
        process.stdin.write(order(tmp_path, ""))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["status"] == 0
        process.terminate()
        assert process.wait() == 0


RECORDS = """
import os
log = open({log!r}, "a", buffering=1)
def recording(name):
    function = getattr(os, name)
    def record(*arguments):
        done = function(*arguments)
        log.write(f"{{name}} {{arguments[0]}} {{bool(done and done[0])}}\\n")
        return done
    setattr(os, name, record)
for name in ("wait4", "killpg", "kill"):
    recording(name)
"""


@pytest.mark.parametrize(("code", "timeout"), [("", 60.0), (FOREVER, 0.3)])
def test_a_warm_process_signals_none_that_it_has_reaped(modules, tmp_path, code, timeout):
    (modules / "records.py").write_text(RECORDS.format(log=str(tmp_path / "log")))
    with server() as process:
        process.stdin.write(order(tmp_path, code, timeout, ["records"]))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["timed_out"] is bool(code)
        process.terminate()
        assert process.wait() == 0
    reaped = set()
    for line in (tmp_path / "log").read_text().splitlines():
        name, pid, ended = line.split()
        assert pid not in reaped, line
        if name == "wait4" and ended == "True":
            reaped.add(pid)
    assert reaped


def test_a_snippet_ends_with_the_warm_process_however_that_ends(tmp_path):
    """And its stream of answers is closed, or nobody would notice that."""
    with server() as process:
        process.stdin.write(order(tmp_path, f"{notes_pid(tmp_path / 'mark')}\n{FOREVER}"))
        process.stdin.flush()
        pid = written(tmp_path / "mark")
        process.kill()
        assert process.stdout.read() == ""
        assert gone(pid)


def test_a_snippet_ends_with_whoever_gave_the_job(tmp_path):
    (tmp_path / "side").mkdir()
    with server() as process:
        process.stdin.write(order(tmp_path / "side", f"{notes_pid(tmp_path / 'mark')}\n{FOREVER}"))
        process.stdin.flush()
        pid = written(tmp_path / "mark")
        process.stdin.close()
        assert process.wait() == 0
        assert gone(pid)
        assert not (tmp_path / "side").exists()
        process.stdin = None
