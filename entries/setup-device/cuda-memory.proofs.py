"""Proofs of cuda-memory."""

import gc
import weakref

import torch
from torch import nn


def given():
    return {"torch": torch, "logits": torch.ones(2, 3), "loss": torch.ones(())}


def test_answer(answer):
    """memory_allocated() is at most memory_reserved(), and empty_cache() does nothing without a GPU."""
    assert torch.cuda.memory_allocated() <= torch.cuda.memory_reserved()
    assert answer.mib == 1024 * 1024


def test_default(default):
    """The peak is at least what is allocated now, and without a GPU both are 0."""
    assert default.peak >= default.now >= 0
    if not torch.cuda.is_available():
        assert default.peak == 0


def test_cuda(cuda):
    """A freed block stays reserved until empty_cache()."""
    assert torch.cuda.memory_reserved() == cuda.before


def graphs_alive(keep):
    """How many of five inputs are still in memory after a loop that keeps something of each loss."""
    alive, kept = [], 0.0
    for _ in range(5):
        hidden = torch.ones(300, requires_grad=True)
        alive.append(weakref.ref(hidden))
        loss = (hidden * 2).square().mean()
        kept = kept + keep(loss)
        del hidden, loss
    gc.collect()
    return sum(one() is not None for one in alive)


def test_losses_keep_graphs():
    """Adding up losses keeps the tensors of every graph in memory; adding up loss.item() or loss.detach() keeps none."""
    assert graphs_alive(lambda loss: loss) == 5
    assert graphs_alive(lambda loss: loss.item()) == 0
    assert graphs_alive(lambda loss: loss.detach()) == 0


def test_no_grad_keeps_nothing():
    """Under no_grad, adding up losses keeps no graph."""
    with torch.no_grad():
        assert graphs_alive(lambda loss: loss) == 0


def test_wrong(wrong):
    """A sum of losses is a tensor with a graph that reaches back to the parameters."""
    wrong.total.backward()
    assert wrong.model.weight.grad.abs().min() > 0


def test_right(right):
    """A sum of items is a plain number, the same as the sum of the losses."""
    torch.manual_seed(0)
    model, total = nn.Linear(3, 2), 0.0
    for _ in range(4):
        x, y = torch.randn(5, 3), torch.randn(5, 2)
        total += sum((model(x) - y).square().flatten().tolist()) / 10
    assert abs(right.total - total) < 1e-5 and right.step == 3


def test_a_tensor_lives_as_long_as_a_reference():
    """A tensor is freed by del, by the end of a function, and by giving its name a new value."""
    x = torch.ones(3)
    alive = weakref.ref(x)
    also = x
    del x
    assert alive() is not None
    also = 0
    assert alive() is None and also == 0


def test_a_view_holds_the_whole_memory():
    """After del x, a view such as x[0] still holds all of x's memory; a clone of it does not."""
    x = torch.ones(10, 300)
    view, copy = x[0], x[0].clone()
    del x
    assert view.untyped_storage().nbytes() == 10 * 300 * 4
    assert copy.untyped_storage().nbytes() == 300 * 4


def test_the_optimizer_holds_the_parameters():
    """del model frees no parameters while an optimizer holds them."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    weight = weakref.ref(model.weight)
    del model
    gc.collect()
    assert weight() is not None
    del optimizer
    gc.collect()
    assert weight() is None


def test_backward_frees_the_activations():
    """A kept loss holds the activations of its graph until backward() has run."""
    hidden = (torch.ones(300, requires_grad=True) * 2).exp()
    alive, loss = weakref.ref(hidden), hidden.square().mean()
    del hidden
    gc.collect()
    assert alive() is not None
    loss.backward()
    gc.collect()
    assert alive() is None and loss.grad_fn is not None


def test_a_traceback_keeps_locals():
    """An exception keeps the local variables of the frames it passed through alive."""

    def fail():
        x = torch.ones(3)
        alive.append(weakref.ref(x))
        raise ValueError

    alive = []
    try:
        fail()
    except ValueError as error:
        last = error
    assert alive[0]() is not None
    del last
    gc.collect()
    assert alive[0]() is None
