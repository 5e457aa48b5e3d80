"""Proofs of profiler."""

import json
import time
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function, schedule, supported_activities

CPU = [ProfilerActivity.CPU]


def given():
    loader = [(torch.ones(3, 6), torch.zeros(3, 2))] * 12
    given = {"model": nn.Linear(6, 2), "criterion": nn.MSELoss(), "loader": loader, "device": "cpu"}
    return given | {"printed": (printed := []), "print": printed.append}


def actions(prof, steps):
    letters = {"NONE": "-", "WARMUP": "w", "RECORD": "r", "RECORD_AND_SAVE": "s"}
    return "".join(letters[prof.schedule(i).name] for i in range(steps))


def products(prof):
    return sum(row.count for row in prof.key_averages() if row.key == "aten::addmm")


def test_answer(answer):
    """The steps after wait and warmup are recorded, in the table and in the trace."""
    assert products(answer.prof) == 5 and actions(answer.prof, 9) == "--wwrrrrs"
    events = json.loads(Path("trace.json").read_text())["traceEvents"]
    assert sum(e.get("name") == "aten::addmm" and e["ph"] == "X" for e in events) == 5
    rows = answer.prof.key_averages()
    assert len(rows) > 11 and answer.printed == [rows.table(sort_by="self_cpu_time_total", row_limit=10)]


def test_default(default):
    """A block named with record_function gets a row with the time and the calls of the recorded steps."""
    linears = sum(isinstance(m, nn.Linear) for m in default.model)
    assert default.rows["forward"].count == default.rows["data"].count == 3
    assert default.rows["aten::addmm"].count == 3 * linears  # addmm: a linear layer
    assert default.rows["data"].cpu_time_total > 3 * 20_000  # microseconds
    assert default.slowest == "data" and default.x.shape == (4, 6) and default.model(default.x).shape == (4, 2)
    assert actions(default.prof, 8) == "--wrrs--"


def test_trace(trace):
    """The trace holds each call as an event with its name."""
    assert len(trace.spans) == 4 * len("@@")


def test_by_default_everything_is_recorded():
    """Without activities, profile records all that the machine supports."""
    with profile() as prof:
        torch.ones(2).add(1)
    assert set(prof.activities) == set(supported_activities())


def test_without_step_nothing_is_recorded(raises):
    """With a wait step and without prof.step(), nothing is recorded, and key_averages raises."""
    model = nn.Linear(6, 2)
    with profile(activities=CPU, schedule=schedule(wait=1, warmup=1, active=2)) as prof:
        for _ in range(9):
            model(torch.ones(2, 6))
    with raises(AssertionError, "Profiler must be initialized before getting key averages" if torch.__version__ >= (2, 10) else ""):
        prof.key_averages()


def cycles(steps=8, **options):
    model, ready = nn.Linear(6, 2), []
    plan = schedule(wait=1, warmup=1, active=2, repeat=options.pop("repeat", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that events are cleared
        with profile(activities=CPU, schedule=plan, on_trace_ready=lambda p: ready.append(p.step_num), **options) as prof:
            for _ in range(steps):
                model(torch.ones(2, 6))
                prof.step()
    return ready, products(prof)


def test_only_the_last_cycle():
    """The warmup of the second cycle discards the first, unless repeat=1 or acc_events; on_trace_ready sees each cycle."""
    assert cycles(repeat=2) == ([4, 8], 2)
    assert cycles(repeat=2, acc_events=True) == ([4, 8], 4)
    assert cycles(steps=4) == ([4], 2) and cycles(steps=5) == ([4], 0)
    assert cycles(steps=5, repeat=1) == cycles(steps=5, acc_events=True) == ([4], 2)


def test_repeat():
    """The schedule starts again after its active steps, unless repeat=1."""
    assert cycles(acc_events=True) == ([4, 8], 4)
    assert cycles(repeat=1) == ([4], 2)


def test_self_time():
    """The total time of a block includes the blocks in it, and its self time does not."""
    with profile(activities=CPU) as prof:
        with record_function("outer"):
            with record_function("inner"):
                time.sleep(0.05)
    rows = {row.key: row for row in prof.key_averages()}
    outer, inner = rows["outer"], rows["inner"]
    assert outer.cpu_time_total >= inner.cpu_time_total > 50_000
    assert abs(outer.cpu_time_total - outer.self_cpu_time_total - inner.cpu_time_total) < 1


def test_memory_and_stacks():
    """profile_memory counts the bytes that each operator allocates; with_stack records Python functions in
    the trace."""
    with profile(activities=CPU, profile_memory=True) as prof:
        x = torch.empty(1000)
    (row,) = [row for row in prof.key_averages() if row.key == "aten::empty"]
    assert row.self_cpu_memory_usage == 4000 and "CPU Mem" in prof.key_averages().table()
    with profile(activities=CPU, with_stack=True) as prof:
        x.add(1)
    # key_averages() lists them too before torch 2.14
    if torch.__version__ >= (2, 10):
        assert any("test_memory_and_stacks" in event.name for event in prof.events())
    prof.export_chrome_trace("stacks.json")
    with open("stacks.json") as file:
        assert "): test_memory_and_stacks" in file.read()
