"""Proofs of deepcopy-nonleaf."""

import copy
import types
import warnings

import torch
from torch import nn
from torch.nn.utils import prune

REFUSED = "Only Tensors created explicitly by the user (graph leaves)"


def given():
    model = nn.Linear(2, 3)
    x = model(torch.ones(4, 2))
    model.features = x  # as before the cure
    return {"copy": copy, "model": model, "self": model, "x": x}


def test_answer(answer):
    """After storing x.detach(), the model can be copied; the copies and the original are independent."""
    models = [answer.model, answer.best, answer.on_cpu]
    assert len({id(model.weight) for model in models}) == 3
    with torch.no_grad():
        answer.model.weight.zero_()
    assert answer.best.weight.abs().min() > 0 and torch.equal(answer.best.weight, answer.on_cpu.weight)
    assert torch.equal(answer.best.features, answer.x) and torch.equal(answer.saved, answer.x)
    assert not answer.saved.requires_grad and answer.saved.data_ptr() != answer.x.data_ptr()
    assert answer.on_cpu.weight.device.type == "cpu"


def test_default(default):
    """A copy keeps its weights when the original changes."""
    assert torch.equal(default.best.fc.weight + 1, default.model.fc.weight)
    assert torch.equal(default.best.features, default.best(default.x))
    assert not default.best.features.requires_grad


def test_right(right):
    """The weights of the copy have the same values in other memory."""
    assert torch.equal(right.best.weight, right.net.weight)
    assert right.best.weight.data_ptr() != right.net.weight.data_ptr()
    assert torch.equal(right.best.last, right.net(torch.tensor([[1.0, 2.0]])))


def test_which_tensors_can_be_copied(raises):
    """Leaves and detached tensors can be deep-copied; results of recorded operations raise, in a list as well."""
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with torch.no_grad():
        z = x * 2
    for tensor in x, y.detach(), z, y.detach().clone():
        assert torch.equal(copy.deepcopy(tensor), tensor)
    for holder in y, [y], {"loss": y}, types.SimpleNamespace(loss=y), y.clone():
        with raises(RuntimeError, REFUSED):
            copy.deepcopy(holder)
    y.clone().sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_an_attribute_set_to_none():
    """A module whose stored result was set to None can be copied."""
    net = nn.Linear(2, 1)
    net.last = net(torch.ones(3, 2))
    net.last = None
    assert torch.equal(copy.deepcopy(net).weight, net.weight)


def test_old_norms_cannot_be_copied(raises):
    """After a forward pass the old weight_norm and spectral_norm cannot be copied; the parametrizations can."""
    x = torch.ones(1, 2)
    for name in "weight_norm", "spectral_norm":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the old ones are deprecated
            old = getattr(nn.utils, name)(nn.Linear(2, 3))
        new = getattr(nn.utils.parametrizations, name)(nn.Linear(2, 3))
        old(x), new(x)
        with raises(RuntimeError, REFUSED):
            copy.deepcopy(old)
        new.eval()
        assert torch.equal(copy.deepcopy(new)(x), new(x))


def test_pruned_layers(raises):
    """A pruned layer cannot be copied; after prune.remove it can, and the pruned weights stay zero."""
    layer = nn.Linear(4, 3)
    prune.l1_unstructured(layer, "weight", 6)
    with raises(RuntimeError, REFUSED):
        copy.deepcopy(layer)
    prune.remove(layer, "weight")
    assert (copy.deepcopy(layer).weight == 0).sum() == 6


def test_references_change():
    """model and model.state_dict() change with the next step; their deep copies do not."""
    model = nn.Linear(2, 1)
    kept = [model.state_dict()["weight"], copy.deepcopy(model.state_dict())["weight"], copy.deepcopy(model).weight]
    with torch.no_grad():
        model.weight += 1
    assert [torch.equal(weight, model.weight) for weight in kept] == [True, False, False]


def test_the_optimizer_keeps_the_original():
    """An optimizer holds the original's parameters, not those of a copy; copied in one call, the two copies match."""
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    twin = copy.deepcopy(model)
    twin(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(twin.weight, model.weight)
    model, optimizer = copy.deepcopy((model, optimizer))
    assert optimizer.param_groups[0]["params"][0] is model.weight


def test_a_shallow_copy_shares_parameters():
    """copy.copy makes a module that shares its parameters with the original; copy.deepcopy does not share them."""
    model = nn.Linear(2, 1)
    assert copy.copy(model) is not model and copy.copy(model).weight is model.weight
    assert copy.deepcopy(model).weight is not model.weight


def test_cpu_moves_the_module_itself():
    """cpu() and to() change the module itself and return it, so a copy on another device needs deepcopy first."""
    model = nn.Linear(2, 1)
    assert model.to(torch.float64) is model and model.cpu() is model
    twin = copy.deepcopy(model).to("meta")
    assert (twin.weight.device.type, model.weight.device.type) == ("meta", "cpu")


def test_gradients_are_not_copied():
    """The parameters of a copied model have no gradients, although those of the original have."""
    model = nn.Linear(2, 1)
    model(torch.ones(3, 2)).sum().backward()
    twin = copy.deepcopy(model)
    assert model.weight.grad.tolist() == [[3.0, 3.0]] and twin.weight.grad is None
    assert torch.equal(twin.weight, model.weight)


def test_a_converted_parameter_is_not_a_leaf(raises):
    """nn.Parameter(t).double() is a result, not a parameter: it cannot be copied, and parameters() does not list it."""
    module = nn.Module()
    module.scale = nn.Parameter(torch.ones(3)).double()  # as .cuda()
    assert list(module.parameters()) == []
    with raises(RuntimeError, "Only Tensors created explicitly by the user"):
        copy.deepcopy(module)
    module = nn.Module()
    module.scale = nn.Parameter(torch.ones(3).double())
    assert copy.deepcopy(module).scale.dtype == torch.float64 and len(list(module.parameters())) == 1
