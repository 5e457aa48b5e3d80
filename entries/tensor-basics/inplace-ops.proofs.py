"""Proofs of inplace-ops."""

import math
import warnings

import torch
from torch import nn


def given():
    weight = nn.Parameter(torch.tensor([1.0, 4.0]))
    weight.grad = torch.tensor([2.0, -3.0])
    return {
        "torch": torch,
        "x": torch.tensor([1.0, 2.0, 4.0]),
        "y": torch.tensor([10.0, 20.0, 30.0]),
        "mask": torch.tensor([False, True, False]),
        "buffer": torch.zeros(3, dtype=torch.float64),
        "weight": weight,
        "lr": 0.25,
    }


def test_answer(answer):
    """add_, -=, and assignment to an index write into the tensor itself, and copy_ keeps the dtype of its target."""
    assert answer.x.tolist() == [11.0, 0.0, 34.0]
    assert answer.buffer.tolist() == [11.0, 0.0, 34.0] and answer.buffer.dtype == torch.float64
    assert answer.weight.tolist() == [1 - 0.25 * 2, 4 + 0.25 * 3]
    assert answer.weight.is_leaf and answer.weight.requires_grad


def test_memory_stays():
    """In-place operations keep the memory of the tensor, and x = x + 1 makes a new one."""
    x = torch.tensor([1.0, 2.0, 4.0])
    address = x.data_ptr()
    x.add_(1)
    x *= 2
    x[1:] = 5.0
    x.copy_(torch.tensor([7.0, 8.0, 9.0]))
    torch.mul(x, 3, out=x)
    assert x.data_ptr() == address and x.tolist() == [21.0, 24.0, 27.0]
    new = x + 1
    assert new.data_ptr() != address and x.tolist() == [21.0, 24.0, 27.0]


def test_default(default):
    """A view sees in-place changes of its base, and a clone does not."""
    assert default.view.tolist() == [2.0 + 10 + 1, 3.0 + 10 + 1]
    assert default.copy.tolist() == [1.0, 2.0, 3.0]
    assert default.x.tolist() == [100.5, 113.0, 114.0]
    assert default.x.data_ptr() + 4 != default.view.data_ptr()


def test_who_shares_memory():
    """Views, detach(), and numpy() share the memory and change along."""
    x = torch.tensor([1.0, 2.0, 3.0])
    shared = [x.view(3, 1), x[None], x.detach(), x.numpy()]
    x.mul_(10)
    assert [list(one.reshape(3)) for one in shared] == [[10.0, 20.0, 30.0]] * 4


def test_right(right):
    """Under no_grad a parameter can be updated in place and still requires grad."""
    assert right.w.tolist() == [1 - 0.25 * 2, 4 - 0.25 * 8] and right.w.requires_grad


def test_right_saved(right_saved):
    """The derivative of 3 * sigmoid(x) is 3 * s * (1 - s)."""
    for g, x in zip(right_saved.x.grad.tolist(), [0.0, 1.0], strict=True):
        s = 1 / (1 + math.exp(-x))
        assert abs(g - 3 * s * (1 - s)) < 1e-6


def test_two_names_one_tensor():
    """y = x; y += 1 changes x, y = y + 1 does not, and a function that changes its argument changes the caller's."""
    x = torch.tensor([1.0, 2.0])
    y = x
    y += 1
    assert x.tolist() == [2.0, 3.0]
    y = y + 1
    assert x.tolist() == [2.0, 3.0] and y.tolist() == [3.0, 4.0]

    def doubled(t):
        t *= 2
        return t

    assert doubled(x) is x and x.tolist() == [4.0, 6.0]


def test_relu_after_a_layer_that_saves_its_output(raises):
    """ReLU(inplace=True) breaks the gradient of sigmoid, tanh, softmax, and ReLU, not of conv and BatchNorm, whose output it overwrites."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5)

    def run(layer, inplace):
        conv = nn.Conv2d(3, 3, 1)
        nn.init.ones_(conv.weight)
        nn.Sequential(conv, layer, nn.ReLU(inplace=inplace))(x).sum().backward()
        return conv.weight.grad

    for layer in nn.Sigmoid(), nn.Tanh(), nn.Softmax(dim=1), nn.ReLU():
        run(layer, False)
        with raises(RuntimeError, "modified by an inplace operation"):
            run(layer, True)
    for layer in nn.Conv2d(3, 3, 2), nn.BatchNorm2d(3):
        torch.manual_seed(1)
        plain = run(layer, False)
        torch.manual_seed(1)
        torch.testing.assert_close(run(layer, True), plain)
    before = nn.Conv2d(3, 3, 1)(x)  # used elsewhere, as by a skip connection
    after = nn.ReLU(inplace=True)(before)
    assert before is after and before.min() == 0


def test_the_dtype_stays(raises):
    """x /= 2 and x += 0.5 raise for an int64 tensor, and x = x / 2 gives a float one."""
    x = torch.tensor([1, 2])
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        x /= 2
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        x += 0.5
    assert x.tolist() == [1, 2] and (x / 2).tolist() == [0.5, 1.0]


def test_the_shape_stays(raises):
    """An in-place result of a larger shape raises."""
    x = torch.zeros(3)
    with raises(RuntimeError, "output with shape [3] doesn't match the broadcast shape [2, 3]"):
        x += torch.ones(2, 3)


def test_out_while_autograd_records(raises):
    """out= raises if an argument requires grad, except for comparisons, and works under no_grad."""
    w, buffer = torch.tensor([1.0, 2.0], requires_grad=True), torch.zeros(2)
    with raises(RuntimeError, "functions with out=... arguments don't support automatic differentiation"):
        torch.add(w, 1, out=buffer)
    assert torch.gt(w, 1, out=torch.empty(2, dtype=torch.bool)).tolist() == [False, True]
    with torch.no_grad():
        torch.add(w, 1, out=buffer)
    assert buffer.tolist() == [2.0, 3.0]


def bytes_kept(*layers):
    """The bytes that a forward pass keeps for backward, each storage counted once."""
    torch.manual_seed(0)
    kept = {}

    def pack(t):
        kept[t.untyped_storage().data_ptr()] = t.untyped_storage()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        nn.Sequential(*layers)(torch.randn(2, 3, 8, 9))
    return sum(storage.nbytes() for storage in kept.values())


def test_what_inplace_activations_save():
    """For backward, ReLU(inplace=True) keeps as much as ReLU after conv or BatchNorm, and LeakyReLU keeps less."""

    def block(activation, norm, inplace):
        layers = []
        for channels in 3, 6:
            layers += [nn.Conv2d(channels, 6, 3, padding=1)]
            layers += [nn.BatchNorm2d(6)] if norm else []
            layers += [activation(inplace=inplace)]
        return bytes_kept(*layers)

    for norm in True, False:
        assert block(nn.ReLU, norm, True) == block(nn.ReLU, norm, False)
        assert block(nn.LeakyReLU, norm, True) < 0.9 * block(nn.LeakyReLU, norm, False)


def test_out_of_another_shape_is_resized():
    """A tensor passed as out= that has another shape is resized, with a warning; an empty one without."""
    for size, warned in ((3, 1), (0, 0)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            out = torch.empty(size)
            torch.add(torch.ones(2), 1, out=out)
        assert len(told) == warned and out.tolist() == [2, 2]
