"""Proofs of not-a-module."""

import io
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    fc = nn.Linear(3, 4)
    return {"nn": nn, "fc": fc, "layers": [fc, nn.Tanh(), nn.Linear(4, 2)]}


def test_answer(answer):
    """nn.Sequential takes layers one by one, nn.ModuleList takes a list of them."""
    assert list(answer.blocks) == answer.layers
    x = torch.randn(5, 3)
    assert torch.equal(answer.model(x), answer.fc(x).clamp(min=0))
    assert list(nn.Sequential(*answer.layers)) == answer.layers


def test_default(default):
    """A function becomes a layer if a module calls it in forward."""
    x = torch.rand(5, 2, 2)  # (N, H, W)
    linear = default.layers[1]
    by_hand = (x.reshape(5, 4) @ linear.weight.T + linear.bias).clamp(min=0)
    torch.testing.assert_close(default.model(x), by_hand * by_hand)
    assert sum(p.numel() for p in default.model.parameters()) == 4 * 3 + 3


def test_right(right):
    """nn.Sequential(*layers) holds the layers themselves, in their order."""
    assert [a is b for a, b in zip(right.model, right.layers, strict=True)] == [True] * 3


def test_right_function(right_function):
    """nn.ReLU() in nn.Sequential computes what torch.relu computes."""
    x = torch.tensor([[[-1.0, 2.0], [3.0, 5.0]]])
    assert torch.equal(right_function.model(x), torch.relu(x.flatten(1)))


def test_right_class(right_class):
    """nn.ReLU is a class, nn.ReLU() an instance of nn.Module."""
    assert [type(layer) for layer in right_class.model] == [nn.Linear, nn.ReLU]
    assert isinstance(nn.ReLU(), nn.Module) and not isinstance(nn.ReLU, nn.Module)


def test_the_name_tells_the_cause(raises):
    """The message begins with the type of what is not a layer, or with the name of a function or class."""
    fc = nn.Linear(3, 4)
    for what, name in [
        ([fc], "list"),
        ((fc,), "tuple"),
        (map(nn.Dropout, [0.5]), "map"),
        ((fc for _ in range(2)), "<genexpr>"),
        (F.relu, "torch.nn.functional.relu"),
        (torch.relu, "torch._VariableFunctionsClass.relu"),
        (lambda x: x, "<lambda>"),
        (nn.ReLU, "torch.nn.modules.activation.ReLU"),
        ({"fc": fc}, "dict"),
        (torch.ones(2), "torch.FloatTensor"),
    ]:
        with raises(TypeError, f"{name} is not a Module subclass"):
            nn.Sequential(what)
    assert nn.Sequential(OrderedDict(fc=fc)).fc is fc
    assert isinstance(getattr(nn, "ReLU")(), nn.ReLU)
    assert len(nn.Sequential(*(nn.Linear(n, n) for n in (2, 3)))) == 2


def test_own_classes(raises):
    """A class of your own without parentheses, and an object whose class is not an nn.Module, give the same message."""

    class Block(nn.Module):
        pass

    class Plain:
        pass

    with raises(TypeError, "Block is not a Module subclass"):
        nn.Sequential(Block)
    with raises(TypeError, "Plain is not a Module subclass"):
        nn.Sequential(Plain())
    assert len(nn.Sequential(Block())) == 1


def test_nested_lists(raises):
    """Unpacking does not help a list of lists; an nn.Sequential of each inner list does. A comma makes a tuple."""
    layers = [[nn.Linear(3, 4), nn.ReLU()], [nn.Linear(4, 2)]]
    with raises(TypeError, "list is not a Module subclass"):
        nn.Sequential(*layers)
    model = nn.Sequential(*(nn.Sequential(*inner) for inner in layers))
    assert model(torch.ones(5, 3)).shape == (5, 2)
    layers = {"fc": nn.Linear(3, 4), "act": nn.ReLU()}
    with raises(TypeError, "str is not a Module subclass"):
        nn.Sequential(*layers)
    assert len(nn.Sequential(*layers.values())) == 2
    fc = (nn.Linear(3, 4),)
    with raises(TypeError, "tuple is not a Module subclass"):
        nn.Sequential(fc)


def test_assigned_in_forward(raises):
    """self.fc = self.fc(x) raises; x = self.fc(x) and another attribute do not. append adds one layer."""
    model, x = nn.Module(), torch.ones(2, 3)
    model.fc = nn.Linear(3, 4)
    with raises(TypeError, "cannot assign 'torch.FloatTensor' as child module 'fc'"):
        model.fc = model.fc(x)
    x = model.fc(x)
    model.out = x
    model.fc = nn.Linear(4, 2)
    blocks = nn.ModuleList([nn.Linear(3, 4)])
    with raises(TypeError, "ModuleList.extend should be called with an iterable, but got Linear"):
        blocks += nn.Linear(4, 2)
    blocks.append(nn.Linear(4, 2))
    assert len(blocks) == 2


def test_the_other_containers(raises):
    """nn.ModuleList, nn.ModuleDict, and add_module refuse a function as well."""
    for call in [
        lambda: nn.ModuleList([F.relu]),
        lambda: nn.ModuleList().append(F.relu),
        lambda: nn.ModuleDict({"act": F.relu}),
        lambda: nn.Module().add_module("act", F.relu),
    ]:
        with raises(TypeError, "torch.nn.functional.relu is not a Module subclass"):
            call()


def test_a_plain_list():
    """Layers in a plain list are not in parameters() or the state_dict, and to() does not convert them."""

    class Net(nn.Module):
        def __init__(self, container):
            super().__init__()
            self.layers = container([nn.Linear(3, 4), nn.Linear(4, 2)])

    plain, registered = Net(list), Net(nn.ModuleList)
    assert (len(list(plain.parameters())), len(plain.state_dict())) == (0, 0)
    assert (len(list(registered.parameters())), len(registered.state_dict())) == (4, 4)
    assert plain.to(torch.float64).layers[0].weight.dtype == torch.float32
    assert registered.to(torch.float64).layers[0].weight.dtype == torch.float64


def test_none_as_a_layer(raises):
    """nn.Sequential accepts None when it is built and raises when it is called; nn.Identity() returns its input."""
    model, x = nn.Sequential(nn.Linear(3, 4), None), torch.ones(2, 3)
    with raises(TypeError, "'NoneType' object is not callable"):
        model(x)
    model[1] = nn.Identity()
    assert torch.equal(model(x), model[0](x))


def test_a_lambda_cannot_be_pickled():
    """torch.save of a module that holds a lambda raises; with a function from the top of a file it does not."""
    layer = nn.Identity()
    layer.function = lambda x: x * x
    try:
        torch.save(layer, io.BytesIO())
    except Exception as error:  # PicklingError or AttributeError, by the version of Python
        assert "lambda" in str(error)
    else:
        raise AssertionError("the lambda was saved")
    layer.function = F.relu  # a def at the top of torch/nn/functional.py
    torch.save(layer, io.BytesIO())


def test_what_load_state_dict_returns(raises):
    """load_state_dict returns the missing and unexpected keys, not the model, and a container refuses them."""
    model = nn.Linear(3, 4)
    keys = model.load_state_dict(model.state_dict())
    assert keys.missing_keys == keys.unexpected_keys == []
    with raises(TypeError, "torch.nn.modules.module._IncompatibleKeys is not a Module subclass"):
        nn.Sequential(keys)
    with raises(TypeError, "torch.nn.modules.linear.Linear.forward is not a Module subclass"):
        nn.Sequential(model.forward)
    assert nn.Sequential(model)[0] is model
