"""Proofs of cuda-timing."""

import math
import statistics
from unittest.mock import patch

import torch
from torch.utils.benchmark import Timer

CALLS = []
"""Whether the model was in training mode and in inference mode in each call."""


class Recorder(torch.nn.Module):
    def forward(self, x):
        CALLS.append((self.training, torch.is_inference_mode_enabled(), torch.get_num_threads()))
        return x * 2


def given():
    CALLS.clear()
    return {"torch": torch, "model": Recorder(), "x": torch.ones(2)}


def order_of(seconds):
    """What a call of seconds() does on a machine with an accelerator and on one without."""
    orders = []
    for found in (True, False):
        steps = []
        with (
            patch("torch.accelerator.is_available", lambda found=found: found),
            patch("torch.accelerator.synchronize", lambda steps=steps: steps.append("wait")),
            patch("time.perf_counter", lambda steps=steps: steps.append("read") or 7.5),
        ):
            assert seconds() == 7.5
        orders.append(steps)
    return orders


def test_answer(answer):
    """The median is that of many calls, all of them in eval and inference mode, with as many threads as before."""
    found = answer.found
    assert len(found.times) > 1 and found.median > 0
    assert math.isclose(found.median, statistics.median(found.times), rel_tol=1e-6)  # torch rounds in another place
    assert len(CALLS) > found.number_per_run * len(found.times)  # those before are not timed
    assert set(CALLS) == {(False, True, torch.get_num_threads())}


def test_default(default):
    """The median of the timed runs is returned, in milliseconds, and the warm-up is not timed."""
    assert order_of(default.seconds) == [["wait", "read"], ["read"]]
    ran, spent = [], [9.0] * 3 + [0.25] * 19 + [4.0]  # seconds: slow at first, and once more

    def work():
        ran.append(spent[len(ran)])

    with patch("time.perf_counter", lambda: sum(ran)), patch("torch.accelerator.is_available", lambda: False):
        assert default.milliseconds(work) == 250
        assert len(ran) == 3 + 20
        ran.clear()
        assert default.milliseconds(work, warmup=2, runs=3) == 250 and len(ran) == 5
    assert default.x.shape == (64, 48)


def test_timer(timer):
    """blocked_autorange repeats the expression, and its median is in seconds for one run."""
    found = timer.found
    assert len(found.times) > 1 and found.median > 0
    assert math.isclose(found.median, statistics.median(found.times), rel_tol=1e-6)  # torch rounds in another place
    assert found.task_spec.stmt == "x @ x.T" and timer.x.shape == (64, 48)
    assert found.task_spec.num_threads == torch.get_num_threads()


def test_timer_uses_one_thread():
    """A Timer runs its statement with one CPU thread, or with num_threads of them, and restores the number."""
    before = torch.get_num_threads()
    for options, expected in (({}, 1), ({"num_threads": 3}, 3)):
        seen = []
        task = Timer("seen.append(torch.get_num_threads())", globals={"seen": seen, "torch": torch}, **options)
        task.timeit(2)
        assert set(seen) == {expected} and len(seen) > 2  # there is a warm-up
    assert torch.get_num_threads() == before


def test_timer_synchronizes():
    """The clock of a Timer waits for the accelerator if there is one; before 2.13, that is decided at its import."""
    if torch.__version__ < (2, 13):
        return
    from torch.utils.benchmark.utils.timer import timer

    waits = []
    with (
        patch("torch.accelerator.is_available", lambda: True),
        patch("torch.accelerator.synchronize", lambda: waits.append("wait")),
    ):
        timer()
    assert waits == ["wait"]


def test_median_and_mean():
    """One slow run among many moves the mean and leaves the median."""
    times = [2.0, 2.1, 1.9, 2.0, 40.0]
    assert statistics.median(times) == 2.0 and statistics.mean(times) == 9.6


def test_synchronize_needs_an_accelerator(raises):
    """torch.accelerator.synchronize() raises on a machine without an accelerator."""
    if not torch.accelerator.is_available():
        # a CUDA build names the driver, or says that it found no GPU
        said = "" if torch.version.cuda else "Cannot access accelerator device when none is available"
        with raises(RuntimeError, said):
            torch.accelerator.synchronize()
