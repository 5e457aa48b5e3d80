"""Proofs of variable-deprecated."""

import gc
import warnings
import weakref

import numpy as np
import torch
from torch import nn
from torch.autograd import Variable


def given():
    model = nn.Linear(3, 2)
    x = torch.ones(4, 3)
    h = model(x)
    return {"torch": torch, "model": model, "x": x, "h": h, "loss": h.square().mean(), "total": 1.0}


def test_answer(answer):
    """Under no_grad() a result has no graph, item() gives a Python float, and detach() shares memory with the tensor."""
    assert not answer.y.requires_grad and answer.y.shape == (4, 2)
    assert answer.w.requires_grad and answer.w.is_leaf and answer.w.shape == (3,)
    assert type(answer.total) is float and abs(answer.total - 1 - answer.loss.item()) < 1e-6
    assert not answer.features.requires_grad and answer.features.data_ptr() == answer.h.data_ptr()


def test_default(default):
    """A tensor needs no Variable to be differentiated."""
    with torch.no_grad():
        for p in default.model.parameters():
            p += 0.1 * p.grad  # back to before the step
        logits = default.model(default.x)
    expected = -logits.log_softmax(dim=1)[range(4), default.y].mean()
    torch.testing.assert_close(default.loss.detach(), expected)
    assert not default.logits.requires_grad


def test_wrong_data(wrong_data):
    """After y.data.clamp_, the gradient of exp is the clamped value."""
    assert wrong_data.x.grad.tolist() == [1.0, 1.5]


def test_right_data(right_data):
    """The gradient of exp followed by clamp is 0 where clamp cut off."""
    assert right_data.x.grad.tolist() == [1.0, 0.0]


def test_right(right):
    """Under no_grad() the product of a weight and data records no graph."""
    assert right.w.requires_grad and not right.y.requires_grad
    assert right.y.tolist() == [1 * 3.0, 2 * 4.0]


def test_variable_returns_a_tensor():
    """Variable(x) returns a torch.Tensor, with the same memory as x; every tensor is an instance of Variable."""
    x = torch.ones(2)
    assert type(Variable(x)) is torch.Tensor and Variable(x).data_ptr() == x.data_ptr()
    assert isinstance(x, Variable)
    assert Variable(x, requires_grad=True).requires_grad


def test_variable_around_data_is_harmless():
    """The gradient of a weight is the same with Variable around the data as without it."""
    w, x = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 5.0])
    one, two = (torch.autograd.grad((w * data).square().sum(), w)[0] for data in (x, Variable(x)))
    assert torch.equal(one, two)


def test_variable_cuts_the_graph(raises):
    """Variable(loss).backward() raises; with requires_grad=True it raises nothing and leaves the weights without gradients."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = w.sum()
    assert Variable(loss).grad_fn is None
    with raises(RuntimeError, "element 0 of tensors does not require grad"):
        Variable(loss).backward()
    Variable(loss, requires_grad=True).backward()
    assert w.grad is None


def test_volatile_records_a_graph():
    """With volatile=True a warning is given, and results still record a graph."""
    w = torch.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = w * Variable(torch.ones(2), volatile=True)
    assert [str(one.message)[:35] for one in caught] == ["volatile was removed and now has no"]
    assert y.grad_fn is not None


def test_writes_through_data_are_not_seen(raises):
    """A write through .data to what backward() needs gives a wrong gradient; a write through detach() makes it raise."""

    def gradient(change):
        x = torch.tensor([0.0, 1.0], requires_grad=True)
        y = x.exp()
        change(y)
        y.sum().backward()
        return x.grad.tolist()

    assert gradient(lambda y: y.data.zero_()) == [0, 0]  # right: [1, 2.718]
    with raises(RuntimeError, "modified by an inplace operation"):
        gradient(lambda y: y.detach().zero_())


def test_weights_change_under_no_grad():
    """Under no_grad() a weight can be changed in place and stays a leaf that requires gradients."""
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        w -= 0.5
    assert w.tolist() == [0.5, 0.5] and w.is_leaf and w.requires_grad


def test_summed_losses_keep_their_graphs():
    """A total of losses keeps the graph of each batch alive; a total of loss.item() does not."""

    def alive(item):
        total, watch = 0.0, []
        for _ in range(3):
            w = torch.ones(2, requires_grad=True)
            loss = w.exp().sum()
            watch.append(weakref.ref(w))
            total += loss.item() if item else loss
            del w, loss
        gc.collect()
        return sum(ref() is not None for ref in watch)

    assert (alive(item=False), alive(item=True)) == (3, 0)


def test_backward_frees_the_activations():
    """A total of losses keeps the activations of a batch, unless backward() has freed them."""
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


def test_variable_takes_tensors_only(raises):
    """Variable raises for a NumPy array; torch.as_tensor takes it."""
    with raises(TypeError, "Variable data has to be a tensor, but got numpy.ndarray"):
        Variable(np.ones(2))
    assert torch.as_tensor(np.ones(2)).tolist() == [1, 1]
