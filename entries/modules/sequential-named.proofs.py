"""Proofs of sequential-named."""

from collections import OrderedDict

import torch
from torch import nn


def given():
    return {"nn": nn}


def build():
    return nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.ReLU(), c=nn.Linear(3, 4)))


def names(model):
    return [name for name, _ in model.named_children()]


def test_answer(answer):
    """Named layers have the keys conv1.weight and conv1.bias, and are reached as attributes or by position."""
    assert list(answer.model.state_dict()) == ["conv1.weight", "conv1.bias"]
    assert names(answer.model) == ["conv1", "relu1"]
    assert answer.layer is answer.model[0] and answer.layer is not answer.model[1]
    x = torch.randn(2, 3, 5, 7)
    weight, bias = answer.layer.weight, answer.layer.bias
    by_hand = (x[1, :, 1:4, 2:5] * weight[5]).sum() + bias[5]
    torch.testing.assert_close(answer.model(x)[1, 5, 1, 2], by_hand.clamp(min=0))
    assert answer.model(x).shape == (2, 16, 3, 5)


def test_default(default):
    """After inserting a layer without weights, the old state_dict loads; without names its keys do not fit."""
    x = torch.randn(1, 1, 6, 7)
    hidden = default.old.conv1(x).clamp(min=0)
    torch.testing.assert_close(default.new(x), default.old.conv2(hidden))
    old = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    new = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4))
    result = new.load_state_dict(old.state_dict(), strict=False)
    assert result.missing_keys == ["2.weight", "2.bias"]


def test_a_plain_dict_raises(raises):
    """nn.Sequential raises for a plain dict."""
    with raises(TypeError, "dict is not a Module subclass"):
        nn.Sequential({"a": nn.ReLU()})


def test_order_of_execution():
    """The layers run in the order of the OrderedDict."""
    double, one = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        for layer, (weight, bias) in zip([double, one], [(2, 0), (1, 1)], strict=True):
            layer.weight.fill_(weight)
            layer.bias.fill_(bias)
        assert nn.Sequential(OrderedDict(a=double, b=one))(torch.tensor([3.0])).item() == 2 * 3 + 1
        assert nn.Sequential(OrderedDict(b=one, a=double))(torch.tensor([3.0])).item() == (3 + 1) * 2


def test_nested():
    """get_submodule takes a dotted path."""
    model = nn.Sequential(OrderedDict(body=build()))
    assert model.get_submodule("body.c") is model.body.c
    assert list(model.state_dict())[0] == "body.a.weight"


def test_module_dict(raises):
    """nn.ModuleDict is indexed by key and has no forward."""
    layers = nn.ModuleDict({"act": nn.ReLU()})
    assert isinstance(layers["act"], nn.ReLU)
    with raises(NotImplementedError, 'missing the required "forward" function'):
        layers(torch.ones(1))


def test_change(change):
    """Assigning keeps the place, del removes the layer, add_module adds at the end, and the names stay."""
    model = change.model
    assert names(model) == ["fc1", "act", "fc2", "softmax"]
    x = torch.randn(3, 4)
    hidden = nn.functional.gelu(x @ model.fc1.weight.T + model.fc1.bias)
    torch.testing.assert_close(model(x), (hidden @ model.fc2.weight.T + model.fc2.bias).softmax(dim=1))


def test_slices_keep_names():
    """A slice is a Sequential with the same names and the same layers."""
    model = build()
    assert names(model[1:]) == ["b", "c"] and model[1:].c is model.c


def test_what_drops_the_names():
    """del by position, pop, and + number the layers from 0; del of the attribute keeps the names."""
    model = build()
    del model[1]
    assert names(model) == ["0", "1"]
    model = build()
    model.pop(1)
    assert names(model) == ["0", "1"]
    assert names(build() + nn.Sequential(OrderedDict(d=nn.ReLU()))) == ["0", "1", "2", "3"]
    model = build()
    del model.b
    assert names(model) == ["a", "c"]


def test_append_and_insert(raises):
    """append names the new layer by its position, add_module by the name given; insert in the middle raises KeyError."""
    model = build()
    assert names(model.append(nn.ReLU())) == ["a", "b", "c", "3"]
    model.add_module("d", nn.ReLU())
    assert names(model)[-1] == "d"
    for index in 0, 1, 2:
        with raises(KeyError):
            build().insert(index, nn.ReLU())
    assert names(build().insert(3, nn.ReLU())) == ["a", "b", "c", "3"]


def test_names_that_raise(raises):
    """A name with a dot raises KeyError, and so does the name of a method or attribute of the module."""
    with raises(KeyError, "module name can"):
        nn.Sequential(OrderedDict({"a.b": nn.ReLU()}))
    for name in "append", "forward", "training":
        with raises(KeyError, f"attribute '{name}' already exists"):
            nn.Sequential(OrderedDict({name: nn.ReLU()}))


def test_the_same_name_twice(raises):
    """A list of pairs with one name twice gives one layer; as keyword arguments it is a SyntaxError."""
    model = nn.Sequential(OrderedDict([("fc", nn.Linear(2, 3)), ("act", nn.ReLU()), ("fc", nn.Linear(2, 5))]))
    assert len(model) == 2 and model[0].out_features == 5
    with raises(SyntaxError, "keyword argument repeated: fc"):
        compile("OrderedDict(fc=1, fc=2)", "a file", "exec")


def test_right(right):
    """model.conv1 is model[0] and getattr(model, "conv1")."""
    assert right.layer is right.model[0] is getattr(right.model, "conv1")
