"""Proofs of gradients."""

import gc
import weakref

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Linear(3, 2), "criterion": nn.MSELoss(), "x": torch.randn(4, 3), "y": torch.ones(4, 2)}


def test_answer(answer):
    """backward() fills the parameters' .grad, autograd.grad returns that of the input, and no_grad records nothing."""
    weight, x = answer.model.weight.detach(), answer.x.detach()
    error = 2 * (x @ weight.T + answer.model.bias.detach() - answer.y) / 8
    torch.testing.assert_close(answer.model.weight.grad, error.T @ x)
    torch.testing.assert_close(answer.grad, weight.sum(dim=0).expand(4, 3))
    assert answer.x.grad is None and not answer.out.requires_grad


def test_default(default):
    """autograd.grad, backward, and func.grad agree with the derivative by hand; backward adds up."""
    by_hand = [3 * v**2 + 4 for v in (2.0, -3.0)]
    assert default.grad.tolist() == torch.func.grad(default.f)(default.x.detach()).tolist() == by_hand
    assert default.x.grad.tolist() == [2 * g for g in by_hand]


def test_own_loss(own_loss):
    """A loss written in torch operations has the gradient of its formula."""
    errors = [p - t for p, t in zip(own_loss.pred.tolist(), own_loss.y.tolist(), strict=True)]
    by_hand = [(2 * e if abs(e) < 1 else 2 * (e > 0) - 2 * (e < 0)) / 4 for e in errors]
    assert own_loss.pred.grad.tolist() == by_hand
    assert own_loss.loss.item() == sum(e * e if abs(e) < 1 else 2 * abs(e) - 1 for e in errors) / 4


def test_right(right):
    """retain_graph=True allows a second walk, and both gradients add up."""
    assert right.x.grad.tolist() == [2 * 2 * v for v in right.x.tolist()]


def test_grad_fn():
    """A result that requires grad has a grad_fn, and indices and leaves have none; retain_grad() keeps a result's gradient."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 3
    assert x.grad_fn is None and h.grad_fn is not None
    values, indices = h.sort()
    assert values.grad_fn is not None and indices.grad_fn is None and not indices.requires_grad
    h.retain_grad()
    (h**2).sum().backward()
    assert h.grad.tolist() == [6.0, 12.0]


def test_sums_of_losses_keep_the_graphs():
    """A sum of loss tensors has a graph that reaches every loss; a sum of item() is a number."""
    w = torch.tensor(2.0, requires_grad=True)
    total, number = 0, 0.0
    for _ in range(3):
        loss = w**2
        total += loss
        number += loss.item()
    total.backward()
    assert w.grad.item() == 3 * 4.0 and number == 12.0 and isinstance(number, float)


def test_backward_frees_the_activations():
    """A sum of losses keeps the activations of a step, unless backward() has freed them."""
    for backward in False, True:
        hidden = torch.ones(2, requires_grad=True).exp()  # exp saves its result
        seen, loss = weakref.ref(hidden.untyped_storage()), hidden.sum()
        if backward:
            loss.backward()
        total = 0.0
        total += loss
        del hidden, loss
        gc.collect()
        assert (seen() is None) == backward and total.grad_fn is not None


def test_what_passes_no_gradient(raises):
    """argmax, comparisons, and item() give results without a graph, and rounding gives gradients of zero."""
    x = torch.tensor([0.4, 1.7], requires_grad=True)
    assert not x.argmax().requires_grad and not (x > 1).requires_grad and isinstance(x.sum().item(), float)
    x.round().sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    with raises(RuntimeError, "Can't call numpy() on Tensor that requires grad"):
        x.numpy()


def test_grad_needs_a_scalar(raises):
    """autograd.grad of several outputs raises; of their sum it does not."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with raises(RuntimeError, "grad can be implicitly created only for scalar outputs"):
        torch.autograd.grad(x**2, x)
    assert torch.autograd.grad((x**2).sum(), x)[0].tolist() == [2.0, 4.0]
