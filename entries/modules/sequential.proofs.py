"""Proofs of sequential."""

from collections import OrderedDict

import torch
from torch import nn


def given():
    return {"nn": nn, "in_features": 7, "num_classes": 3, "x": torch.arange(14.0).view(2, 7)}


def test_answer(answer):
    """Sequential computes each layer on what the layer before returns."""
    model = answer.model
    assert [tuple(p.shape) for p in model.parameters()] == [(64, 7), (64,), (3, 64), (3,)]
    hidden = (answer.x @ model[0].weight.T + model[0].bias).clamp(min=0)
    torch.testing.assert_close(answer.logits, hidden @ model[2].weight.T + model[2].bias)


def test_default(default):
    """A slice is a Sequential of the same layers, and the names of the layers are their positions in the model."""
    assert list(default.features) == list(default.model)[:2]
    torch.testing.assert_close(default.features(default.x), default.model[1](default.model[0](default.x)))
    assert default.model[-1] is default.model[2]
    assert list(default.model[1:].state_dict()) == ["2.weight", "2.bias"]


def test_change(change):
    """append, insert, assignment, and del change the chain, and it still runs."""
    assert [type(layer) for layer in change.model] == [nn.Linear, nn.GELU, nn.Linear]
    assert change.model(torch.ones(4, 3)).shape == (4, 7)


def test_in_a_module(in_a_module):
    """A module with forward takes several inputs and adds a skip connection around a Sequential."""
    body, x = in_a_module.block.body, torch.arange(6.0).view(2, 3)
    torch.testing.assert_close(in_a_module.block(x, 0.5), x + body(x) / 2)
    assert body[0].weight.shape == (8, 3) and in_a_module.y.shape == (4, 3) and in_a_module.x.shape == (4, 3)


def test_right(right):
    """Unpacking a list with * makes a Sequential of its layers."""
    assert list(right.model) == right.layers
    assert right.model(torch.ones(4, 3)).shape == (4, 5)


def test_inserting_renames(raises):
    """After inserting a layer, an old checkpoint does not fit; named layers keep their keys, and new ones need strict=False."""
    old = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    new = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 2))
    with raises(RuntimeError, 'Missing key(s) in state_dict: "3.weight"'):
        new.load_state_dict(old.state_dict())
    layers = [("0", nn.Linear(3, 5)), ("1", nn.ReLU()), ("drop", nn.Dropout()), ("2", nn.Linear(5, 2))]
    new = nn.Sequential(OrderedDict(layers))  # the old layers keep their numbers
    new.load_state_dict(old.state_dict())
    assert torch.equal(new[3].weight, old[2].weight) and new(torch.ones(4, 3)).shape == (4, 2)
    old = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), act=nn.ReLU(), fc2=nn.Linear(5, 2)))
    new = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), act=nn.ReLU(), drop=nn.Dropout(), fc2=nn.Linear(5, 2)))
    new.load_state_dict(old.state_dict())
    assert torch.equal(new.fc2.weight, old.fc2.weight)
    new = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), norm=nn.BatchNorm1d(5), act=nn.ReLU(), fc2=nn.Linear(5, 2)))
    with raises(RuntimeError, 'Missing key(s) in state_dict: "norm.weight"'):
        new.load_state_dict(old.state_dict())
    new.load_state_dict(old.state_dict(), strict=False)
    assert torch.equal(new.fc2.weight, old.fc2.weight)


def test_changing_named_layers(raises):
    """In a Sequential with named layers, insert raises and del model[1] renames the layers to 0, 1 and so on; assigning to
    a name and del model.act keep the names."""
    model = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), act=nn.ReLU(), fc2=nn.Linear(5, 2)))
    with raises(KeyError):
        model.insert(1, nn.Dropout())
    model = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), act=nn.ReLU(), fc2=nn.Linear(5, 2)))
    del model[1]
    assert [name for name, _ in model.named_children()] == ["0", "1"]
    model = nn.Sequential(OrderedDict(fc1=nn.Linear(3, 5), act=nn.ReLU(), fc2=nn.Linear(5, 2)))
    model.act = nn.GELU()
    assert [name for name, _ in model.named_children()] == ["fc1", "act", "fc2"] and isinstance(model[1], nn.GELU)
    del model.act
    assert [name for name, _ in model.named_children()] == ["fc1", "fc2"] and model(torch.ones(4, 3)).shape == (4, 2)


def test_tuples_break_the_chain(raises):
    """A layer after an LSTM receives its tuple and raises."""
    with raises(TypeError, "must be Tensor, not tuple"):
        nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 2))(torch.ones(5, 2, 3))


def test_one_input(raises):
    """A Sequential takes one input, even if its first layer takes two."""
    x = torch.ones(2, 3)
    assert nn.Bilinear(3, 3, 4)(x, x).shape == (2, 4)
    with raises(TypeError, "takes 2 positional arguments but 3 were given"):
        nn.Sequential(nn.Bilinear(3, 3, 4))(x, x)


def test_inplace_changes_what_a_hook_keeps():
    """With ReLU(inplace=True) the output that a hook kept of the layer before has no negative values left."""
    torch.manual_seed(0)
    x = torch.randn(9, 3)
    for inplace in (False, True):
        kept = []
        model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(inplace=inplace))
        model[0].register_forward_hook(lambda module, args, output: kept.append(output))
        model(x)
        assert bool((kept[0] < 0).any()) == (not inplace)


def test_slices_of_a_subclass(raises):
    """Slicing a subclass of nn.Sequential calls its __init__ with the layers; nn.Sequential(*list(model)[:2]) does not."""

    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

    class Sized(nn.Sequential):
        def __init__(self, width, out_features):
            super().__init__(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, out_features))

    for model, says in (Net(), "takes 1 positional argument but 2"), (Sized(4, 2), "missing 1 required positional"):
        with raises(TypeError, f"__init__() {says}"):
            model[:2]
        part = nn.Sequential(*list(model)[:2])
        assert type(part) is nn.Sequential and part[0] is model[0] and len(part) == 2
