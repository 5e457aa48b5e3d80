"""Proofs of backward."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    names = {"model": nn.Linear(3, 4), "criterion": nn.MSELoss(), "x": torch.randn(2, 3), "y": torch.ones(2, 4)}
    return {"torch": torch} | names


def test_answer(answer):
    """backward() fills the .grad of inputs and parameters; autograd.grad returns the same and leaves theirs alone."""
    weight, x = answer.model.weight.detach(), answer.x.detach()
    error = 2 * (x @ weight.T + answer.model.bias.detach() - answer.y) / 8  # of the mean of 8 squares
    for grad in answer.x.grad, answer.grad:  # once, not twice
        torch.testing.assert_close(grad, error @ weight)
    torch.testing.assert_close(answer.model.weight.grad, error.T @ x)
    assert answer.x.shape == (2, 3) and answer.x.is_leaf


def test_default(default):
    """backward() adds the gradient to .grad: twice the same loss gives twice the gradient."""
    x, y, w = default.x.tolist(), default.y.tolist(), [1.0, 0.5]
    errors = [sum(a * b for a, b in zip(row, w, strict=True)) - t for row, t in zip(x, y, strict=True)]
    by_hand = [sum(2 * e * row[i] for e, row in zip(errors, x, strict=True)) / 2 for i in range(2)]
    assert default.w.grad.tolist() == [2 * g for g in by_hand]
    assert default.loss.item() == sum(e * e for e in errors) / 2


def test_intermediate(intermediate):
    """retain_grad() keeps the gradient of an intermediate result, and without it grad stays None."""
    assert intermediate.h.grad.tolist() == [2 * 3.0, 2 * 6.0]
    assert intermediate.x.grad.tolist() == [3 * g for g in intermediate.h.grad.tolist()]  # the chain rule


def test_input(input):
    """The gradient with respect to the input has its shape, and agrees with a small change of the input."""
    x = input.x.detach()
    for n, d in ((0, 2), (1, 0)):
        step = torch.zeros(2, 3)
        step[n, d] = 0.01
        with torch.no_grad():
            slope = (input.model(x + step)[:, 1].sum() - input.model(x - step)[:, 1].sum()) / 0.02
        assert abs(slope - input.grad[n, d]) < 1e-3
    assert input.x.grad is None


def test_right(right):
    """The gradient of a sum of squares is twice the input."""
    assert right.x.grad.tolist() == [2 * v for v in right.x.tolist()]


def test_weights(weights):
    """gradient=v gives the gradient of the sum weighted by v."""
    x = weights.x.detach().requires_grad_()
    (again,) = torch.autograd.grad((torch.tensor([1.0, 0.0, 0.5]) * x**2).sum(), x)
    assert weights.x.grad.tolist() == again.tolist()


def test_a_second_backward(raises):
    """A second backward() over the same graph raises; retain_graph=True in the first call or a new loss helps."""
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    loss = (w**2).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert w.grad.tolist() == [2 * 4.0, 2 * 6.0]
    with raises(RuntimeError, "Trying to backward through the graph a second time"):
        loss.backward()
    (w**2).sum().backward()


def test_reasons_for_none():
    """grad stays None for a parameter that is frozen, unused, or cut off by detach(), .item(), or NumPy."""
    v = torch.tensor(2.0, requires_grad=True)
    for cut in (
        lambda h: h.detach(),
        lambda h: h.item(),
        lambda h: torch.from_numpy(h.detach().numpy()),
        lambda h: 1.0,  # unused
    ):
        w = torch.tensor(3.0, requires_grad=True)
        (cut(w * 5) * v).backward()
        assert w.grad is None
    w.requires_grad_(False)
    (w * v).backward()
    assert w.grad is None and v.grad is not None


def test_moved_tensors_are_not_leaves():
    """A tensor moved to another device is an intermediate result, and requires_grad_() switches a leaf on."""
    assert not torch.ones(3, requires_grad=True).to("meta").is_leaf
    x = torch.ones(3).requires_grad_()
    assert x.is_leaf and x.requires_grad
    h = x * 2
    (grad,) = torch.autograd.grad((h**2).sum(), h)  # of an intermediate result
    assert grad.tolist() == [4.0] * 3


def test_autograd_grad_and_retain_grad():
    """autograd.grad leaves the .grad of leaves alone, and fills that of a tensor on which retain_grad() was called."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = 3 * x
    h.retain_grad()
    (grad,) = torch.autograd.grad(h.square().sum(), x)
    assert grad.tolist() == [18, 36] and x.grad is None and h.grad.tolist() == [6, 12]


def test_unused_tensors(raises):
    """autograd.grad raises for a tensor that the loss does not use; with allow_unused=True it returns None."""
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with raises(RuntimeError, "appears to not have been used in the graph"):
        torch.autograd.grad(x.sum(), y)
    assert torch.autograd.grad(x.sum(), y, allow_unused=True) == (None,)
    with raises(RuntimeError, "One of the differentiated Tensors does not require grad"):
        torch.autograd.grad((x * 2).sum(), torch.ones(2))


def test_ids_have_no_gradient(raises):
    """Ids have no gradient and cannot require one; the result of the embedding has one."""
    table, ids = torch.nn.Embedding(3, 2), torch.tensor([1, 2])
    vectors = table(ids)
    with raises(RuntimeError, "One of the differentiated Tensors does not require grad"):
        torch.autograd.grad(vectors.sum(), ids, retain_graph=True)
    with raises(RuntimeError, "only Tensors of floating point dtype can require gradients"):
        ids.requires_grad_()
    assert torch.autograd.grad(vectors.sum(), vectors)[0].tolist() == [[1, 1], [1, 1]]
