"""Proofs of trace-warning."""

import warnings

import torch
from torch import nn


def trace(function, *example, **options):
    """The traced function, and the names of the TracerWarnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        traced = torch.jit.trace(function, example, **options)
    return traced, [str(w.message) for w in caught if w.category is torch.jit.TracerWarning]


def given():
    torch.manual_seed(0)
    x = torch.randn(4, 3)
    return {"torch": torch, "x": x - x.mean() + 0.5 / 12}


def test_answer(answer):
    """torch.where, x.shape[0], and reductions are recorded without a warning and are right for other inputs."""
    x = answer.x
    rows = x.tolist()
    assert 0.4 < x.sum() < 0.6 and torch.equal(answer.y, x + x)
    torch.testing.assert_close(answer.mean, x.mean(dim=0))
    assert answer.scale.item() == max(abs(v) for row in rows for v in row)
    torch.testing.assert_close(answer.total, torch.stack([x[: i + 1].sum(dim=0) for i in range(4)]))

    def function(x):
        y = torch.where(x.sum() > 0, 2 * x, -x)
        return y, x.sum(dim=0) / x.shape[0], x.abs().amax(), x.cumsum(dim=0)

    traced, said = trace(function, torch.ones(2, 3))
    assert said == []
    torch.testing.assert_close(traced(x), (answer.y, answer.mean, answer.scale, answer.total))
    assert torch.equal(traced(-x)[0], x)


def test_default(default):
    """Traced on one example, the function is right for other sizes and signs."""
    small = torch.tensor([[0.5, 0.25, 0.0], [0.5, -0.5, -0.25]])
    for x, sign in (torch.randn(6, 3) + 3, 2), (torch.randn(7, 3) - 3, -1), (small, 2):
        torch.testing.assert_close(default.traced(x), sign * (x - x.mean(dim=0)))
    assert default.x.shape == (5, 3) and default.x.sum() < 0


def test_right(right):
    """torch.where keeps both sides in the trace."""
    assert right.traced(torch.tensor([-3.0, 3.5])).tolist() == [-6.0, 7.0]
    assert right.traced(torch.tensor([-3.0, 1.0])).tolist() == [3.0, -1.0]


def test_right_loop(right_loop):
    """x.sum() adds all elements of a longer input."""
    assert right_loop.traced(torch.arange(9.0)).item() == 36


def test_constants():
    """The values of len, int, item, float, numpy, tolist, and bool are constants of the trace, and each gives a warning."""
    functions = {
        "Using len": lambda x: x + len(x),
        "Python integer": lambda x: x + int(x.shape[0]),
        "Python number": lambda x: x + x.sum().item(),
        "Python float": lambda x: x + float(x.sum()),
        "NumPy array": lambda x: x + x.numpy().sum().item(),
        "Python list": lambda x: x + sum(x.tolist()),
        "Python boolean": lambda x: x + (2 if x.sum() > 2 else 1),
    }
    example, x = torch.ones(2), torch.arange(1.0, 4.0)
    for text, function in functions.items():
        traced, said = trace(function, example)
        assert any(text in line for line in said), text
        added = (function(example) - example)[0]  # what the example adds
        assert torch.equal(traced(x), x + added) and not torch.equal(traced(x), function(x)), text


def test_checked_with_the_example(raises):
    """A wrong trace passes the check of torch.jit.trace, which uses the example, and fails it with check_inputs."""
    flip = lambda x: 2 * x if x.sum() > 0 else -x  # noqa: E731
    traced, said = trace(flip, torch.ones(2), check_trace=True)
    assert not any("does not match" in line for line in said)
    x = torch.tensor([-3.0, 1.0])
    assert traced(x).tolist() == [-6.0, 2.0] and flip(x).tolist() == [3.0, -1.0]
    with raises(torch.jit.TracingCheckError, "Tracing failed sanity checks"):
        trace(flip, torch.ones(2), check_inputs=[(x,)])


def test_loops_over_a_range():
    """A loop over range(x.shape[0]) gives no warning and keeps the length of the example."""
    traced, said = trace(lambda x: sum(x[i] for i in range(x.shape[0])), torch.ones(2, 3))
    assert said == [] and traced(torch.ones(5, 3)).tolist() == [2, 2, 2]


def test_iterating():
    """Iterating over a tensor gives a warning, and the traced loop keeps the number of rows."""
    traced, said = trace(lambda x: sum(row for row in x), torch.ones(2, 3))
    assert "Iterating over a tensor" in said[0]
    try:
        traced(torch.ones(5, 3))
    except RuntimeError as error:
        assert "Expected 2 elements in a list but found 5" in str(error)
    else:
        raise AssertionError


def test_the_mode_is_recorded():
    """A Dropout that is traced in training mode still drops after eval(); traced in eval mode it does not."""
    x, dropout = torch.ones(1000), nn.Dropout(0.5)
    traced, said = trace(dropout, x)
    assert "Trace had nondeterministic nodes" in said[0]
    assert (traced.eval()(x) == 0).any()
    traced, said = trace(dropout.eval(), x)
    assert said == [] and torch.equal(traced(x), x)


def test_harmless():
    """A check of the channels gives the warning, and the trace is right for other sizes all the same."""

    def double(x):
        if x.shape[1] != 3:
            raise ValueError("3 channels")
        return 2 * x

    traced, said = trace(double, torch.ones(2, 3))
    assert "Python boolean" in said[0]
    assert torch.equal(traced(torch.ones(5, 3)), torch.full((5, 3), 2.0))


def test_other_messages(raises):
    """A dict needs strict=False, a graph that changes fails the check, and torch.tensor of numbers is a constant."""
    with raises(RuntimeError, "Encountering a dict at the output"):
        trace(lambda x: {"a": 2 * x}, torch.ones(2))
    traced, said = trace(lambda x: {"a": 2 * x}, torch.ones(2), strict=False)
    assert said == [] and traced(torch.ones(3))["a"].tolist() == [2, 2, 2]
    counter = iter(range(9))
    with raises(torch.jit.TracingCheckError, "Graphs differed across invocations"):
        trace(lambda x: 2 * x if next(counter) % 2 == 0 else x + 1, torch.ones(1))
    traced, said = trace(lambda x: x + torch.tensor([x.shape[0]]), torch.ones(2))
    assert any("registered as constants" in line for line in said)


def test_outputs_that_differ():
    """Dropout in training mode, or a counter in a buffer, makes the second output differ from the first, with a warning."""

    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("n", torch.zeros(1))

        def forward(self, x):
            self.n += 1
            return x * self.n

    torch.manual_seed(0)
    for module in nn.Dropout(), Counter():
        assert any("Output nr 1. of the traced function does not match" in line for line in trace(module, torch.ones(50))[1])
    assert trace(nn.Dropout().eval(), torch.ones(50))[1] == []


def test_export_raises(raises):
    """torch.export.export raises for a branch on a value."""

    class Flip(nn.Module):
        def forward(self, x):
            return 2 * x if x.sum() > 0 else -x

    with raises(Exception, "Could not guard on data-dependent expression" if torch.__version__ >= (2, 8) else "…"):
        torch.export.export(Flip(), (torch.ones(2),))


def test_deprecated():
    """torch.jit.trace is deprecated, and its warning points to torch.export."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.jit.trace(lambda x: x + 1, torch.ones(1))
    if torch.__version__ < (2, 10):  # it did not warn yet
        return
    assert caught[0].category in (DeprecationWarning, FutureWarning)  # from 2.14 on FutureWarning
    assert "torch.export" in str(caught[0].message)


def test_outputs_that_the_trace_does_not_see(raises):
    """Returning a stored tensor, a cached result, or x.data raises when traced; values from NumPy only warn."""
    stored, cache = torch.ones(2), {}

    def cached(x):
        return cache.setdefault("y", 2 * x)

    for function in (lambda x: stored), (lambda x: x.data), cached:
        with raises(RuntimeError, "of traced region did not have observable data dependence with trace inputs"):
            trace(function, torch.ones(2))
    traced, warned = trace(lambda x: torch.from_numpy(2 * x.numpy()), torch.ones(2))
    assert warned and traced(torch.zeros(2)).tolist() == [2, 2]
    assert trace(lambda x: x.detach(), torch.ones(2))[0](torch.zeros(2)).tolist() == [0, 0]


def test_values_that_are_not_traced(raises):
    """Of inputs and outputs, the tracer names NumPy arrays, sets, empty lists, and dicts of unlike values; an output that
    is None or a number is refused with another message."""
    x = torch.ones(2)
    unlike = {"a": x, "b": [x]}
    for value in x.numpy(), {x}, [], {}, unlike:
        with raises(RuntimeError, "Tracer cannot infer type of"):
            trace(lambda x, v=value: (2 * x, v), x)
        with raises(RuntimeError, "Tracer cannot infer type of"):
            trace(lambda x, v: 2 * x, x, value)
    for value in None, 3:
        with raises(RuntimeError, "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output"):
            trace(lambda x, v=value: (2 * x, v), x)
