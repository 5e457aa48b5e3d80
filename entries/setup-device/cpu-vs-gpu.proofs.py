"""Proofs of cpu-vs-gpu."""

import inspect

import torch
from torch import nn
from torch.utils.benchmark import Timer


def given():
    shown = []
    return {"torch": torch, "model": nn.Linear(3, 2), "x": torch.ones(4, 3), "print": lambda *v: shown.append(v), "shown": shown}


def test_answer(answer):
    """The Timer prints the median time of a call on each device."""
    assert [device for device, _ in answer.shown] == ["cpu", "cuda"][: len(answer.shown)]
    assert answer.shown[-1][1] == f"{1000 * answer.measured.median:.3f} ms"
    assert 0 < answer.measured.median < 1


def test_default(default):
    """A larger batch takes less time per sample."""
    model = nn.Linear(128, 256)
    timers = (Timer("model(x)", globals={"model": model, "x": torch.ones(n, 128)}) for n in (1, 64))
    # the shortest of several, which other processes do not disturb
    small, large = (min(timer.timeit(10).mean for _ in range(20)) for timer in timers)
    assert large / 64 < small and default.size == 64
    assert default.ms > 0 and default.timer.timeit(3).number_per_run == 3


def test_timing_changes_batchnorm():
    """Timing a model in training mode changes the running statistics of BatchNorm; in eval mode it does not."""
    model, x = nn.BatchNorm1d(3), torch.arange(12.0).view(4, 3)
    Timer("model(x)", globals={"model": model.eval(), "x": x}).timeit(2)
    assert model.running_mean.tolist() == [0, 0, 0]
    Timer("model(x)", globals={"model": model.train(), "x": x}).timeit(2)
    assert (model.running_mean > 1).all()


def test_timer_uses_one_thread():
    """Timer uses one thread unless num_threads is passed."""
    assert Timer("x + 1", globals={"x": torch.ones(3)}).timeit(2).num_threads == 1
    assert Timer("x + 1", globals={"x": torch.ones(3)}, num_threads=2).timeit(2).num_threads == 2


def test_timer_warms_up_and_synchronizes():
    """Timer runs the statement before it measures, and synchronizes when it reads the clock on a GPU."""
    calls = []
    Timer("calls.append(0)", globals={"calls": calls}).timeit(5)
    assert len(calls) > 5
    source = inspect.getsource(inspect.getmodule(Timer))
    assert "torch.cuda.synchronize()" in source or "torch.accelerator.synchronize()" in source


def test_where_a_model_is():
    """The device of the first parameter tells where a model is."""
    model = nn.Linear(3, 2)
    assert next(model.parameters()).device.type == "cpu"
    assert next(model.to("meta").parameters()).device.type == "meta"


def test_arithmetic_per_byte():
    """A matrix product does n/6 operations for each byte of float32 it moves, so large ones suit a GPU."""
    for n in (8, 512):
        x = torch.ones(n, n)
        assert 2 * n**3 / (3 * x.nbytes) == n / 6
