"""Proofs of clone-vs-detach."""

import copy
import math

import torch


def given():
    leaf = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    return {"leaf": leaf, "x": leaf * 2}


def test_answer(answer):
    """detach().clone() has new memory and no gradient, detach() the same memory, and clone() passes gradients on."""
    x = answer.x
    assert [t.data_ptr() == x.data_ptr() for t in (answer.copy, answer.same, answer.branch)] == [
        False,
        True,
        False,
    ]
    assert [t.requires_grad for t in (answer.copy, answer.same, answer.branch)] == [False, False, True]
    assert answer.copy.tolist() == answer.same.tolist() == answer.branch.tolist() == [2.0, 4.0, 6.0]
    (answer.branch * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert answer.leaf.grad.tolist() == [2.0, 20.0, 200.0]


def test_default(default):
    """Gradients flow back through clone()."""
    assert default.x.grad.tolist() == [2.0, 2.0, 2.0]
    for one in default.copies.values():
        assert one.tolist() == [2.0, 4.0, 6.0]


def test_clone_detach():
    """clone().detach() gives the same as detach().clone(): new memory and no gradient."""
    y = torch.tensor([1.0, 2.0], requires_grad=True) * 2
    for one in y.clone().detach(), y.detach().clone():
        assert one.data_ptr() != y.data_ptr() and one.tolist() == y.tolist()
        assert one.grad_fn is None and not one.requires_grad
    assert "CloneBackward" in type(y.clone().grad_fn).__name__ and y.detach().grad_fn is None


def test_new_leaf(new_leaf):
    """A detached tensor with requires_grad_() gets a gradient of its own, and nothing passes the cut."""
    assert new_leaf.cut.grad.item() == 5.0 and new_leaf.cut.is_leaf and new_leaf.cut.item() == 9.0
    assert new_leaf.x.requires_grad and new_leaf.x.grad is None


def test_deepcopy(raises):
    """copy.deepcopy copies a leaf with its grad, a Parameter without it, and raises for the result of a recorded operation."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.sum().backward()
    twin = copy.deepcopy(x)
    assert twin.data_ptr() != x.data_ptr() and twin.requires_grad
    assert twin.grad.tolist() == [2.0, 2.0] and twin.grad is not x.grad
    w = torch.nn.Parameter(torch.ones(2))
    (w * 3).sum().backward()
    assert w.grad.tolist() == [3.0, 3.0] and copy.deepcopy(w).grad is None
    with raises(
        RuntimeError, "Only Tensors created explicitly by the user (graph leaves) support the deepcopy"
    ):
        copy.deepcopy(y)
    assert copy.deepcopy(y.detach()).tolist() == [2.0, 4.0]


def test_right(right):
    """With a clone in between, the gradient of exp is exp."""
    for g, x in zip(right.x.grad.tolist(), [1.0, 2.0], strict=True):
        assert abs(g - math.exp(x)) < 1e-5
    assert right.z.tolist() == [0.0, 0.0]


def test_writes_reach_the_original(raises):
    """Writing to a detached tensor changes the original; backward raises if it was saved, and uses it if it is saved later."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3  # saves nothing of y
    y.detach()[0] = 100.0
    assert y.tolist() == [100.0, 6.0]
    y.square().sum().backward()  # silently with the new value
    assert x.grad.tolist() == [2 * 100.0 * 3, 2 * 6.0 * 3]

    y = x * 3
    loss = y.square().sum()  # square saves y
    y.detach()[0] = 100.0
    with raises(RuntimeError, "modified by an inplace operation"):
        loss.backward()


def test_assignment_copies_nothing():
    """y = x is the same tensor and x[:] the same memory, so += reaches x; clone() is not affected."""
    x = torch.tensor([1.0, 2.0])
    y, part, apart = x, x[:], x.clone()
    y += 1
    part += 10
    assert x.tolist() == [12.0, 13.0] and apart.tolist() == [1.0, 2.0]


def test_detach_returns_a_new_tensor(raises):
    """detach() leaves its tensor in the graph; detach_() takes it out, and raises for a view, where x = x.detach() works."""
    y = torch.ones(2, requires_grad=True) * 2
    y.detach()
    assert y.requires_grad and y.grad_fn is not None
    part = y[1:]
    with raises(RuntimeError, "Can't detach views in-place"):
        part.detach_()
    part = part.detach()
    y.detach_()
    for one in y, part:
        assert not one.requires_grad and one.grad_fn is None


def test_data_hides_changes():
    """A change through .data or a NumPy array raises nothing, and the gradient of exp comes out as the changed values; that of x + 1 is right."""
    for clear in lambda y: y.data.zero_(), lambda y: y.detach().numpy().fill(0):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x.exp()
        assert y.data.data_ptr() == y.data_ptr()
        clear(y)
        y.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0]  # right would be e and e ** 2
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x + 1  # backward needs no value of y
        clear(y)
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0]
