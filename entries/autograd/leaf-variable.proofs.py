"""Proofs of leaf-variable."""

import warnings
from types import SimpleNamespace

import torch
from torch import nn

LEAF = "a leaf Variable that requires grad is being used in an in-place operation"


def given():
    w, x = torch.tensor([1.0, 4.0], requires_grad=True), torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    (w**2).sum().backward()
    model = SimpleNamespace(fc=nn.Linear(3, 2))
    return {"torch": torch, "w": w, "lr": 0.25, "model": model, "x": x, "mask": torch.tensor([False, True, False])}


def test_answer(answer):
    """Under no_grad a leaf changes in place and stays a leaf; a changed clone passes gradients where it was kept."""
    assert answer.w.tolist() == [1 - 0.25 * 2, 4 - 0.25 * 8] and answer.w.is_leaf and answer.w.grad is None
    assert answer.model.fc.bias.tolist() == [0.5, 0.5] and answer.model.fc.bias.requires_grad
    assert answer.y.tolist() == [2.0, 0.0, 5.0] and answer.x.tolist() == [2.0, 3.0, 5.0]
    answer.y.sum().backward()
    assert answer.x.grad.tolist() == [1.0, 0.0, 1.0]


def test_default(default):
    """Gradient descent by hand finds the slope 3 and the intercept -2."""
    torch.testing.assert_close(default.w.detach(), torch.tensor([3.0, -2.0]), rtol=0, atol=0.02)
    assert default.w.is_leaf and default.w.requires_grad


def test_right(right):
    """A step under no_grad subtracts lr times the gradient."""
    assert right.w.tolist() == [1 - 0.25 * 2, 2 - 0.25 * 4]


def test_right_view(right_view):
    """Elements of a clone that were overwritten no longer depend on the leaf."""
    assert right_view.w.tolist() == [1.0, 2.0] and right_view.w.grad.tolist() == [0.0, 1.0]


def test_init(init):
    """copy_, indexing under no_grad, and nn.init change a weight in place, and it stays a leaf."""
    assert init.layer.weight.tolist() == [[7.0, 7.0], [2.0, 3.0], [4.0, 5.0]]
    assert init.layer.bias.tolist() == [0.5] * 3 and init.layer.bias.is_leaf


def test_what_is_refused(raises):
    """Arithmetic, fill_, copy_, and activations in place raise on a leaf that requires grad, and work under no_grad."""
    for change in (
        lambda w: w.__isub__(1),
        lambda w: w.fill_(0),
        lambda w: w.copy_(torch.zeros(2)),
        lambda w: w.uniform_(),
        nn.ReLU(inplace=True),
        nn.Dropout(inplace=True),
    ):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        with raises(RuntimeError, LEAF):
            change(w)
        with torch.no_grad():
            change(w)
        assert w.is_leaf and w.requires_grad
    assert nn.ReLU()(w).shape == w.shape


def test_what_is_a_leaf():
    """A tensor that you made is a leaf, the recorded result of an operation is not."""
    w = torch.ones(2, requires_grad=True)
    assert w.is_leaf and nn.Linear(2, 3).weight.is_leaf
    assert not (w * 2).is_leaf
    with torch.no_grad():
        assert (w * 2).is_leaf  # not recorded


def test_optimizers_and_init_change_in_place():
    """Optimizers and nn.init keep the same tensor and change its values."""
    w = nn.Parameter(torch.ones(2))
    place = w.data_ptr()
    optimizer = torch.optim.SGD([w], lr=0.5)
    w.sum().backward()
    optimizer.step()
    assert w.tolist() == [0.5, 0.5] and w.data_ptr() == place
    nn.init.constant_(w, 3.0)
    assert w.tolist() == [3.0, 3.0] and w.data_ptr() == place and w.is_leaf


def test_a_new_tensor_is_no_leaf(raises):
    """After w = w - lr * w.grad, w is not a leaf, its grad is None, and the optimizer still holds the old tensor."""
    w = old = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w**2).sum().backward()
    w = w - 0.25 * w.grad
    assert w.tolist() == [0.5, 1.0] and not w.is_leaf
    (w**2).sum().backward()
    assert w.grad_fn is not None and old.grad.tolist() == [2 + 2 * 0.5, 4 + 2 * 1.0]  # flowed on to the old one
    assert optimizer.param_groups[0]["params"][0] is old
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "The .grad attribute of a Tensor that is not a leaf"
        assert w.grad is None
        with raises(TypeError, "unsupported operand"):
            w = w - 0.25 * w.grad


def test_views_made_under_no_grad(raises):
    """A view of a leaf that requires grad can be changed under no_grad and not outside it, wherever the view was made."""
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        v = w[:2]
        v += 1
    assert w.tolist() == [2.0, 2.0, 1.0]
    with raises(RuntimeError, "A view was created in no_grad mode"):
        v += 1
    with raises(RuntimeError, "a view of a leaf Variable that requires grad"):
        w[:2].add_(1)
    with torch.no_grad():
        free = torch.ones(3)[:2]
    free += 1  # without requires_grad, this works
    assert free.tolist() == [2.0, 2.0]


def test_slices_of_other_tensors(raises):
    """A slice of a result, or of a tensor that receives results, can be changed if both lines are outside of no_grad()."""
    w = torch.ones(3, requires_grad=True)
    for make, change in (lambda: w * 2, lambda v: v.mul_(3)), (lambda: torch.ones(3), lambda v: v.mul_(w[:2])):
        base = make()
        with torch.no_grad():
            part = base[:2]
        with raises(RuntimeError, "A view was created in no_grad mode and is being modified inplace"):
            change(part)
        base = make()
        assert change(base[:2]).requires_grad


class AddOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)


def test_custom_functions(raises):
    """A custom Function that changes a leaf and calls mark_dirty raises the message with "has been used"."""
    with raises(RuntimeError, LEAF.replace("is being used", "has been used")):
        AddOne.apply(torch.ones(2, requires_grad=True))
    assert AddOne.apply(torch.ones(2)).tolist() == [2.0, 2.0]


def test_assigning_a_tensor(raises):
    """A tensor cannot be assigned as a parameter; an nn.Parameter can, but an older optimizer does not hold it."""
    layer = nn.Linear(2, 3)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    with raises(TypeError, "cannot assign 'torch.FloatTensor' as parameter 'weight'"):
        layer.weight = torch.zeros(3, 2)
    layer.weight = nn.Parameter(torch.zeros(3, 2))
    assert not any(p is layer.weight for p in optimizer.param_groups[0]["params"])


def test_a_view_whose_base_changes(raises):
    """A slice that was taken under no_grad() raises after its base was changed outside; one taken again does not."""
    h = torch.ones(3, requires_grad=True) * 2
    with torch.no_grad():
        part = h[:2]
    h.mul_(3)
    with raises(RuntimeError, "A view was created in no_grad mode and its base or another view of its base has been"):
        part + 1
    assert (h[:2] + 1).tolist() == [7, 7]
