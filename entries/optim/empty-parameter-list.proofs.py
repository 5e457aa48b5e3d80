"""Proofs of empty-parameter-list."""

import torch
from torch import nn

EMPTY = "optimizer got an empty parameter list"


def given():
    return {"nn": nn, "torch": torch}


def test_answer(answer):
    """A ModuleList registers its layers, and nn.Parameter registers a weight."""
    names = [name for name, _ in answer.model.named_parameters()]
    assert names == ["scale", "layers.0.weight", "layers.0.bias"]
    assert [tuple(p.shape) for p in answer.optimizer.param_groups[0]["params"]] == [(3,), (3, 3), (3,)]
    assert answer.optimizer.param_groups[0]["lr"] == 0.1 and answer.model.scale.tolist() == [1] * 3


def test_default(default):
    """The optimizer holds exactly the named parameters."""
    held = default.optimizer.param_groups[0]["params"]
    assert [p is q for p, q in zip(held, default.model.parameters(), strict=True)] == [True] * 5
    assert sum(p.numel() for p in held) == 5 + 2 * (3 * 3 + 3)
    assert default.optimizer.param_groups[0]["lr"] == 0.1


def test_right(right):
    """The layers of a ModuleList reach the optimizer."""
    assert len(right.optimizer.param_groups[0]["params"]) == 4
    assert right.optimizer.param_groups[0]["lr"] == 0.1


def test_right_iterator(right_iterator):
    """A list of the parameters can be read more than once."""
    assert [tuple(p.shape) for p in right_iterator.params] == [(3, 4), (3,)]
    assert right_iterator.optimizer.param_groups[0]["lr"] == 0.1


def test_lists_dicts_and_tensors_are_not_registered(raises):
    """Layers in a plain list or dict, and tensors with requires_grad=True, are not parameters of the module."""
    for value in ([nn.Linear(2, 3)], {"a": nn.Linear(2, 3)}, torch.randn(3, requires_grad=True)):
        module = nn.Module()
        module.value = value
        with raises(ValueError, EMPTY):
            torch.optim.SGD(module.parameters())
    module = nn.Module()
    module.value = nn.ModuleDict({"a": nn.Linear(2, 3)})
    assert len(list(module.parameters())) == 2


def test_everything_frozen(raises):
    """A filter by requires_grad leaves nothing of a frozen model."""
    model = nn.Linear(2, 3).requires_grad_(False)
    with raises(ValueError, EMPTY):
        torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()))


def test_layers_made_in_forward(raises):
    """A layer that forward creates does not exist before the first call."""

    class Net(nn.Module):
        def forward(self, x):
            self.fc = nn.Linear(2, 3)
            return self.fc(x)

    model = Net()
    with raises(ValueError, EMPTY):
        torch.optim.SGD(model.parameters())
    model(torch.ones(1, 2))
    assert len(list(model.parameters())) == 2


def test_a_misspelled_init(raises):
    """A class whose __init__ is misspelled has no layers."""

    class Net(nn.Module):
        def _init_(self):
            super().__init__()
            self.fc = nn.Linear(2, 3)

    with raises(ValueError, EMPTY):
        torch.optim.Adam(Net().parameters())


def test_one_registered_layer_silences_it():
    """With one registered layer beside the list nothing raises, and the layers of the list do not change."""
    model = nn.Module()
    model.hidden, model.head = [nn.Linear(2, 3)], nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = [model.hidden[0].weight.clone(), model.head.bias.clone()]
    model.head(model.hidden[0](torch.ones(4, 2))).sum().backward()
    optimizer.step()
    assert torch.equal(model.hidden[0].weight, before[0]) and not torch.equal(model.head.bias, before[1])


def test_empty_groups_are_silent():
    """A group without parameters, or with a used-up iterator, raises nothing."""
    params = nn.Linear(2, 3).parameters()
    list(params)
    for nothing in ([], params):
        assert torch.optim.SGD([{"params": nothing}], lr=0.1).param_groups[0]["params"] == []


def test_frozen_parameters_are_skipped():
    """Frozen parameters can be passed; step() leaves them alone because their grad is None."""
    model = nn.Linear(2, 3).requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    before = model.weight.clone()
    optimizer.step()
    assert model.weight.grad is None and torch.equal(model.weight, before)


def test_a_gradient_of_before_moves_them():
    """A parameter that is frozen after backward() keeps its grad, and step() moves it, until zero_grad()."""
    model = nn.Linear(2, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(4, 2)).sum().backward()
    model.requires_grad_(False)
    before = model.weight.clone()
    optimizer.step()
    assert not torch.equal(model.weight, before)
    optimizer.zero_grad()
    before = model.weight.clone()
    optimizer.step()
    assert torch.equal(model.weight, before)


def test_a_bare_dict(raises):
    """A dict that is not in a list raises, because iterating over it yields strings."""
    params = list(nn.Linear(2, 3).parameters())
    with raises(TypeError, "optimizer can only optimize Tensors, but one of the params is str"):
        torch.optim.SGD({"params": params}, lr=0.1)
    assert len(torch.optim.SGD([{"params": params}], lr=0.1).param_groups[0]["params"]) == 2
