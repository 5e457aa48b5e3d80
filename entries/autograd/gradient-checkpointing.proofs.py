"""Proofs of gradient-checkpointing."""

import random
import warnings
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import CheckpointError, checkpoint


def given():
    return {}


def test_answer(answer):
    """A forward with checkpointed blocks gives the same output and the same gradients."""
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(5, 5), nn.Tanh()) for _ in range(3)]
    head, x = nn.Linear(5, 2), torch.randn(4, 5)
    runs = []
    blocks[1].register_forward_pre_hook(lambda block, x: runs.append("run"))
    y = answer.forward(SimpleNamespace(blocks=blocks, head=head), x)
    y.square().sum().backward()
    assert len(runs) == 2
    got = [p.grad.clone() for p in (*blocks[0].parameters(), *blocks[2].parameters(), *head.parameters())]
    for layer in (*blocks, head):
        layer.zero_grad()
    plain = head(blocks[2](blocks[1](blocks[0](x))))
    torch.testing.assert_close(y, plain)
    plain.square().sum().backward()
    expected = [p.grad for p in (*blocks[0].parameters(), *blocks[2].parameters(), *head.parameters())]
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_default(default):
    """A checkpointed block keeps its input and little else; the gradients are the same."""
    parameters = [p for layer in default.layers for p in layer.parameters()]
    plain = torch.autograd.grad(default.loss(False), parameters)
    saved = torch.autograd.grad(default.loss(True), parameters)
    for a, b in zip(plain, saved, strict=True):
        torch.testing.assert_close(a, b)
    assert default.x.shape == (32, 16)


def test_sequential(sequential):
    """checkpoint_sequential runs every segment twice except the last."""
    assert [sequential.runs[i] for i in range(8)] == [2] * 6 + [1] * 2
    y = sequential.x
    for layer in sequential.model:
        y = y @ layer.weight.T + layer.bias
    torch.testing.assert_close(sequential.y, y)


def test_wrong(wrong):
    """Without the saved state, dropout draws another mask, and some gradients belong to other elements."""
    assert 0 < wrong.differ.sum() < 50
    kept = wrong.x.grad[wrong.x.grad != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 2 * 3.0 / 0.25))


def test_right(right):
    """With the saved state, the gradient is that of the mask of the forward pass."""
    torch.testing.assert_close(right.x.grad, 2 * 3.0 / 0.25 * (right.y != 0).float())


def runs_of(block, run):
    runs = []
    handle = block.register_forward_pre_hook(lambda block, x: runs.append("run"))
    run()
    handle.remove()
    return len(runs)


def test_once_under_no_grad():
    """A checkpointed block runs twice in training and once under no_grad."""
    block, x = nn.Linear(3, 3), torch.ones(2, 3)
    assert runs_of(block, lambda: checkpoint(block, x, use_reentrant=False).sum().backward()) == 2
    with torch.no_grad():
        assert runs_of(block, lambda: checkpoint(block, x, use_reentrant=False)) == 1


def test_the_older_variant(raises):
    """Without use_reentrant PyTorch warns; the older variant needs an input with grad and rejects autograd.grad."""
    block, x = nn.Linear(3, 3), torch.ones(2, 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = checkpoint(block, x)
    told = " ".join(str(w.message) for w in caught)
    assert "use_reentrant parameter should be passed explicitly" in told
    assert "None of the inputs have requires_grad=True" in told and not y.requires_grad
    checkpoint(block, x, use_reentrant=False).sum().backward()
    assert block.weight.grad is not None
    leaf = x.clone().requires_grad_()
    y = checkpoint(block, leaf, use_reentrant=True)
    with raises(RuntimeError, "incompatible with .grad()"):
        torch.autograd.grad(y.sum(), leaf)
    (grad,) = torch.autograd.grad(checkpoint(block, leaf, use_reentrant=False).sum(), leaf)
    torch.testing.assert_close(grad, block.weight.detach().sum(dim=0).expand(2, 3))


def test_batchnorm_updates_twice():
    """BatchNorm updates twice per step; with momentum 1 - sqrt(1 - m) the two updates amount to one with m."""
    torch.manual_seed(0)
    x = torch.randn(40, 3) + 5
    means = {}
    for momentum in (0.1, 1 - (1 - 0.1) ** 0.5):
        norm = nn.BatchNorm1d(3, momentum=momentum)
        checkpoint(norm, x, use_reentrant=False).sum().backward()
        means[momentum] = norm.running_mean
        assert norm.num_batches_tracked == 2
    torch.testing.assert_close(means[0.1], (1 - 0.9**2) * x.mean(dim=0))
    torch.testing.assert_close(means[1 - 0.9**0.5], 0.1 * x.mean(dim=0))


def test_the_second_run_must_be_the_same(raises):
    """A block that computes something else the second time raises or gets wrong gradients."""
    x = torch.ones(4, requires_grad=True)
    sizes, deep, factors = [3, 2], [True, False], [2.0, 5.0]
    with raises(CheckpointError, "different metadata than during the forward pass"):
        checkpoint(lambda t: t[: sizes.pop(0)].exp(), x, use_reentrant=False).sum().backward()
    with raises(CheckpointError, "A different number of tensors was saved"):
        checkpoint(lambda t: t.exp().exp() if deep.pop(0) else t.exp(), x, use_reentrant=False).sum().backward()
    checkpoint(lambda t: (factors.pop(0) * t) ** 2, x, use_reentrant=False).sum().backward()
    assert x.grad.tolist() == [2 * (5.0 * 1) * 2.0] * 4  # not 2 * (2 * 1) * 2


def test_eval_and_freezing_in_between(raises):
    """A block with Dropout that is switched to eval(), or a layer that is frozen, before backward() raises."""
    for change in (lambda block: block.eval()), (lambda block: block.requires_grad_(False)):
        block = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
        y = checkpoint(block, torch.ones(2, 3), use_reentrant=False)
        change(block)
        with raises(CheckpointError, "A different number of tensors was saved"):
            y.sum().backward()


def test_hooks_of_the_last_layer():
    """The recomputation stops early, so a forward hook on the last layer of a block runs once."""
    block, fired = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3)), []
    for i in (0, 2):
        block[i].register_forward_hook(lambda layer, x, y, i=i: fired.append(i))
    checkpoint(block, torch.ones(2, 3), use_reentrant=False).sum().backward()
    assert fired == [0, 2, 0]


def test_numpy_and_random_are_not_restored():
    """The second run draws the same numbers from torch, and others from NumPy, random, and a torch.Generator."""
    drawn, own = [], torch.Generator().manual_seed(0)

    def block(x):
        drawn.append(
            (torch.rand(()).item(), np.random.rand(), random.random(), torch.rand((), generator=own).item())
        )
        return x.exp()

    checkpoint(block, torch.ones(2, requires_grad=True), use_reentrant=False).sum().backward()
    first, second = drawn
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, False, False]
