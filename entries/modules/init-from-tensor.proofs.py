"""Proofs of init-from-tensor."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune


def given():
    values = torch.arange(6.0, dtype=torch.float64).view(2, 3)
    return {"torch": torch, "layer": nn.Linear(3, 2), "values": values, "array": values.numpy()}


def test_answer(answer):
    """copy_ writes the values and keeps the dtype of the parameter."""
    weight = answer.layer.weight
    assert weight.tolist() == [[0, 1, 2], [3, 4, 5]] and answer.layer.bias.tolist() == [0, 0]
    assert (weight.dtype, weight.requires_grad) == (torch.float32, True)
    with torch.no_grad():
        weight.copy_(torch.from_numpy(answer.array * 2))
    assert weight[1, 2] == 10


def test_numpy_needs_from_numpy(raises):
    """copy_ does not take a NumPy array; torch.from_numpy makes a tensor of it."""
    with torch.no_grad(), raises(TypeError, "must be Tensor, not numpy.ndarray"):
        nn.Linear(3, 2).weight.copy_(np.ones((2, 3)))


def test_default(default):
    """The kernel answers to the edge with 1 + 2 + 1 on its two columns."""
    by_hand = (default.image[..., 2:] - default.image[..., :-2]) * 4
    assert torch.equal(default.conv(default.image), by_hand[:, :, 1:-1])
    assert default.conv.weight.requires_grad


def test_numpy(numpy):
    """A linear layer stores (out_features, in_features), the transpose of a Keras kernel."""
    x = np.array([[1.0, -2.0, 0.5]])
    y = numpy.layer(torch.from_numpy(x).float())
    np.testing.assert_allclose(y.detach().numpy(), x @ numpy.kernel)
    assert numpy.layer.weight.shape == (2, 3)


def test_fixed(fixed):
    """A kernel registered as a buffer is in the state_dict and not among the parameters."""
    assert list(fixed.blur.parameters()) == []
    assert torch.equal(fixed.blur(fixed.image)[0, 1, :, 1:], torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]))
    x = torch.randn(3, 2, 5, 6)
    one = F.conv2d(x[:, :1], fixed.blur.kernel[:1], padding=1)
    torch.testing.assert_close(fixed.blur(x)[:, :1], one)


def test_the_optimizer_holds_the_old_parameter(wrong):
    """An optimizer built before a parameter is replaced still holds the old parameter."""
    assert torch.equal(wrong.layer.weight.detach(), torch.arange(6.0).view(2, 3))
    assert wrong.layer.weight.grad is not None
    assert not any(p is wrong.layer.weight for p in wrong.optimizer.param_groups[0]["params"])


def test_right(right):
    """After copy_, the optimizer updates the new values."""
    torch.testing.assert_close(right.layer.weight.detach(), torch.arange(6.0).view(2, 3) - 0.1)


def test_shared_weights_see_the_values():
    """A layer that shares the parameter sees the values that copy_ writes, and keeps the old ones after an assignment."""
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    b.weight = a.weight
    with torch.no_grad():
        a.weight.copy_(torch.ones(2, 3))
    assert torch.equal(b.weight, torch.ones(2, 3))
    a.weight = nn.Parameter(torch.zeros(2, 3))
    assert torch.equal(b.weight, torch.ones(2, 3))


def test_without_no_grad(raises):
    """Without no_grad, copy_ into a parameter that requires gradients raises; with requires_grad=False it does not."""
    layer = nn.Linear(3, 2)
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation"):
        layer.weight.copy_(torch.ones(2, 3))
    layer.requires_grad_(False)
    layer.weight.copy_(torch.ones(2, 3))
    assert layer.weight.sum() == 6


def test_a_new_parameter_takes_what_it_gets(raises):
    """nn.Parameter(values) has the dtype and the shape of the values."""
    layer = nn.Linear(3, 2)
    layer.weight = nn.Parameter(torch.ones(5, 4, dtype=torch.float64))
    assert (layer.weight.shape, layer.weight.dtype) == ((5, 4), torch.float64)
    with raises(RuntimeError, ""):
        layer(torch.ones(1, 3))


def test_parametrizations(raises):
    """Under weight_norm, copy_ into the weight changes nothing, and the assignment of a tensor of the same dtype writes the
    values, except that a row of zeros becomes NaN."""
    values = torch.arange(1.0, 7.0).view(2, 3)
    layer = torch.nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.copy_(values)
    torch.testing.assert_close(layer.weight.detach(), before)
    layer.weight = values
    torch.testing.assert_close(layer.weight.detach(), values)
    with raises(ValueError, "has dtype torch.float64"):
        layer.weight = values.double()
    layer.weight = values * torch.tensor([[0.0], [1.0]])
    assert layer.weight[0].isnan().all()
    torch.testing.assert_close(layer.weight[1].detach(), values[1])


def test_removing_weight_norm_makes_a_new_parameter():
    """The parameters of a layer under the older weight_norm do not include the weight that remove_weight_norm leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # FutureWarning: it is deprecated
        layer = torch.nn.utils.weight_norm(nn.Linear(3, 2))
    before = list(layer.parameters())
    torch.nn.utils.remove_weight_norm(layer)
    assert isinstance(layer.weight, nn.Parameter) and all(layer.weight is not p for p in before)


def test_the_bias_does_not_follow(raises):
    """A weight of another number of rows leaves out_features and the bias as they were, so that the bias no longer fits."""
    layer = nn.Linear(3, 2)
    layer.weight = nn.Parameter(torch.ones(4, 3))
    assert layer.out_features == 2 and layer.bias.shape == (2,)
    with raises(RuntimeError, "must match the existing size"):
        layer(torch.ones(1, 3))
    layer.bias = nn.Parameter(torch.zeros(4))
    assert layer(torch.ones(1, 3)).tolist() == [[3, 3, 3, 3]]


def test_the_older_weight_norm():
    """Under the older weight_norm, the next call overwrites what copy_ or an assignment wrote, unless it is removed first."""
    values, x = torch.arange(1.0, 7.0).view(2, 3), torch.ones(1, 3)
    for way in "copy_", "assign", "remove":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning: it is deprecated
            layer = torch.nn.utils.weight_norm(nn.Linear(3, 2))
        if way == "remove":
            torch.nn.utils.remove_weight_norm(layer)
        if way == "assign":
            layer.weight = values
        else:
            with torch.no_grad():
                layer.weight.copy_(values)
        layer(x)
        assert torch.equal(layer.weight.detach(), values) == (way == "remove")


def test_pruning():
    """Under pruning, the next call overwrites what copy_ or an assignment wrote, unless prune.remove came first."""
    values, x = torch.arange(1.0, 7.0).view(2, 3), torch.ones(1, 3)
    for way in "copy_", "assign", "remove":
        layer = prune.l1_unstructured(nn.Linear(3, 2), "weight", amount=2)
        if way == "remove":
            prune.remove(layer, "weight")
        with torch.no_grad():
            if way == "assign":
                layer.weight = values
            else:
                layer.weight.copy_(values)
        layer(x)
        assert torch.equal(layer.weight.detach(), values) == (way == "remove")


def test_copy_broadcasts(raises):
    """copy_ broadcasts a (3,) tensor to a (2, 3) weight and raises for (2,) and (3, 2)."""
    weight = nn.Linear(3, 2).weight.requires_grad_(False)
    weight.copy_(torch.tensor([1.0, 2.0, 3.0]))
    assert weight.tolist() == [[1, 2, 3], [1, 2, 3]]
    for shape in (2,), (3, 2):
        with raises(RuntimeError, "must match the size of tensor b"):
            weight.copy_(torch.ones(shape))


def test_a_parameter_shares_memory():
    """Training nn.Parameter(values) changes values; nn.Parameter(values.clone()) leaves them alone."""
    values = torch.ones(2, 3)
    shared, own = nn.Parameter(values), nn.Parameter(values.clone())
    (shared.sum() + own.sum()).backward()
    torch.optim.SGD([own], lr=0.5).step()
    assert torch.equal(values, torch.ones(2, 3))
    torch.optim.SGD([shared], lr=0.5).step()
    assert torch.equal(values, torch.full((2, 3), 0.5))


def test_data_hides_the_change(raises):
    """A change through .data between forward and backward gives a wrong gradient; under no_grad, backward raises."""
    w = nn.Parameter(torch.tensor([2.0]))
    y = (w * w).sum()
    w.data.fill_(5.0)
    y.backward()
    assert w.grad.item() == 10  # the gradient at the w of the forward pass is 4
    w = nn.Parameter(torch.tensor([2.0]))
    y = (w * w).sum()
    with torch.no_grad():
        w.fill_(5.0)
    with raises(RuntimeError, "has been modified by an inplace operation"):
        y.backward()
