"""Proofs of memory-profiling."""

import gc

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(30, 20)
    return {"torch": torch, "model": model, "criterion": nn.MSELoss(), "x": torch.ones(5, 30), "y": torch.ones(5, 20)}


def test_answer(answer):
    """The profiler counts what each operator allocates, such as the 5 x 20 output of a linear layer: 400 bytes."""
    used = {e.key: e.self_cpu_memory_usage for e in answer.prof.key_averages()}
    assert used["aten::addmm"] == 5 * 20 * 4


def test_default(default):
    """A block counts what it allocates minus what it frees, so backward comes out negative if it frees more."""
    hidden, out = 50 * 30 * 4, 50 * 4 * 4  # float32: 4 bytes
    gradients = (20 * 30 + 30 * 4) * 4
    assert default.used["forward"] == hidden + out  # the ReLU output is kept for backward
    assert default.used["backward"] == gradients - hidden  # backward frees it


def test_alive(alive):
    """gc.get_objects() lists the tensors that are alive."""
    assert (alive.alive() - alive.before).total() == 3 * 300 * 70 * 4 + 50 * 40 * 8


def test_cuda(cuda):
    """max_memory_allocated() keeps the peak after a tensor is deleted."""
    assert cuda.peak - cuda.base == 96 * cuda.mib
    assert cuda.now - cuda.base == 32 * cuda.mib == cuda.b.nbytes


def test_gc_misses_internal_tensors():
    """gc.get_objects() lists an activation that the graph keeps, but not the mean that layer_norm saves for backward."""
    x = torch.ones(53, 5, requires_grad=True)
    y = nn.functional.layer_norm(x.sigmoid(), (5,))  # no name holds the sigmoid, but the graph does
    shapes = [tuple(t.shape) for t in gc.get_objects() if type(t) is torch.Tensor]
    assert shapes.count((53, 5)) == 3 and (53, 1) not in shapes  # x, its sigmoid, y
    assert y.grad_fn._saved_result1.shape == (53, 1)


def test_adams_averages():
    """Adam creates its two averages in the first step(), and they take twice the memory of the parameters."""
    model = nn.Linear(30, 20)
    optimizer = torch.optim.Adam(model.parameters())
    assert not optimizer.state
    model(torch.ones(1, 30)).sum().backward()
    optimizer.step()
    averages = [t.numel() for state in optimizer.state.values() for t in state.values() if t.ndim]
    assert sum(averages) == 2 * sum(p.numel() for p in model.parameters())
