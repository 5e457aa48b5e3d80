"""Proofs of add-module."""

import torch
from torch import nn


def given():
    return {"nn": nn, "model": nn.Sequential(), "layers": [nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)]}


def test_answer(answer):
    """add_module registers each layer under the name that the loop computes."""
    assert dict(answer.model.named_children()) == dict(zip(["block0", "block1", "block2"], answer.layers, strict=True))
    assert answer.model.block0 is answer.layers[0]


def test_default(default):
    """A Sequential runs its layers in the order in which they were added."""
    h = default.x
    for i, (a, b) in enumerate([(3, 5), (5, 4), (4, 2)]):
        layer = getattr(default.model, f"fc{i}")
        assert layer.weight.shape == (b, a)
        h = torch.tanh(h @ layer.weight.T + layer.bias)
    torch.testing.assert_close(default.model(default.x), h)


def test_own_module(own_module):
    """get_submodule finds a layer by its computed name."""
    x = torch.arange(8.0).view(2, 4)
    h = x
    for fc in [own_module.model.fc0, own_module.model.fc1, own_module.model.fc2]:
        h = fc(h).relu()
    torch.testing.assert_close(own_module.model(x), h)


def test_right(right):
    """A dot in a state_dict key separates the name of the module from the name of its child."""
    assert right.model.get_submodule("layer1.conv") is right.model.layer1.conv
    assert right.model.layer1.conv.weight.shape == (4, 3, 1, 1)


def test_same_as_assignment():
    """add_module, register_module, setattr, and an assignment register a layer in the same way."""
    layer, models = nn.Linear(3, 2), [nn.Module() for _ in range(4)]
    models[0].add_module("fc", layer)
    models[1].register_module("fc", layer)
    models[2].fc = layer
    setattr(models[3], "fc", layer)  # noqa: B010
    for model in models:
        assert [name for name, _ in model.named_parameters()] == ["fc.weight", "fc.bias"]
        assert list(model.state_dict()) == ["fc.weight", "fc.bias"]
        assert model.fc is layer


def test_setattr_does_not_check():
    """setattr accepts a name with a dot."""
    model = nn.Module()
    setattr(model, "a.b", nn.Linear(3, 2))
    assert list(model.state_dict()) == ["a.b.weight", "a.b.bias"]


def test_append_names_by_position():
    """append names the new layer of a Sequential by its position, and replaces a layer of this name."""
    model = nn.Sequential()
    model.add_module("first", nn.Linear(3, 2))
    model.append(nn.ReLU())
    assert [name for name, _ in model.named_children()] == ["first", "1"]
    model = nn.Sequential()
    model.add_module("1", nn.Linear(3, 2))
    model.append(nn.ReLU())
    assert [(name, type(layer)) for name, layer in model.named_children()] == [("1", nn.ReLU)]


def test_layers_added_after_the_optimizer():
    """An optimizer does not update a layer added after it was built, until add_param_group adds its parameters."""
    model = nn.Sequential(nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.add_module("late", nn.Linear(2, 4))
    before = [p.detach().clone() for p in model.parameters()]

    def moved():
        optimizer.zero_grad()
        model(torch.ones(5, 3)).sum().backward()
        optimizer.step()
        return [not torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True)]

    assert moved() == [True, True, False, False]
    optimizer.add_param_group({"params": model.late.parameters()})
    assert moved() == [True, True, True, True]


def test_the_same_name_replaces():
    """A second layer of the same name replaces the first in its place."""
    model = nn.Sequential()
    for name, layer in [("a", nn.ReLU()), ("b", nn.Tanh()), ("a", nn.Sigmoid())]:
        model.add_module(name, layer)
    assert [(name, type(layer)) for name, layer in model.named_children()] == [("a", nn.Sigmoid), ("b", nn.Tanh)]


def test_names_of_attributes_raise(raises):
    """add_module raises KeyError for the name of an attribute or method of the module."""
    model = nn.Sequential()
    model.size = 3
    for name in "forward", "type", "training", "size":
        with raises(KeyError, f"attribute '{name}' already exists"):
            model.add_module(name, nn.ReLU())


def test_insert_needs_numbers(raises):
    """Sequential.insert raises KeyError before a layer whose name is not its position."""
    model = nn.Sequential()
    model.add_module("a", nn.ReLU())
    model.add_module("b", nn.Tanh())
    for index in 0, 1:
        with raises(KeyError, "1"):
            model.insert(index, nn.Sigmoid())
    plain = nn.Sequential(nn.ReLU(), nn.Tanh())
    plain.insert(1, nn.Sigmoid())
    assert [type(layer) for layer in plain] == [nn.ReLU, nn.Sigmoid, nn.Tanh]


def test_the_model_itself_has_the_empty_name():
    """named_modules lists the model itself under the empty name, and named_children does not list it."""
    model = nn.Sequential(nn.ReLU())
    assert next(iter(model.named_modules())) == ("", model)
    assert [name for name, _ in model.named_children()] == ["0"]


def test_nested_names_have_dots(raises):
    """Skipping the empty name is not enough for a nested model; replacing the dots is."""
    model, found = nn.Sequential(nn.Sequential(nn.ReLU())), nn.ModuleDict()
    with raises(KeyError, 'contain ".", got: 0.0'):
        for name, module in model.named_modules():
            if name:
                found.add_module(name, module)
    for name, module in model.named_modules():
        if name:
            found.add_module(name.replace(".", "_"), module)
    assert list(found) == ["0", "0_0"]


def test_forward_decides():
    """A module other than Sequential registers an added layer without running it."""

    class Net(nn.Module):
        def forward(self, x):
            return x

    model, x = Net(), torch.tensor([-1.0])
    model.add_module("act", nn.ReLU())
    assert torch.equal(model(x), x) and list(model.children()) == [model.act]
