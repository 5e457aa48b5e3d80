"""Proofs of state-dict-keys."""

import copy
from collections import OrderedDict

import torch
from torch import nn


def given():
    return {"model": nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))}


def test_answer(answer):
    """The last items of a BatchNorm are num_batches_tracked, an integer without dims, and statistics before it."""
    assert answer.name == "1.num_batches_tracked" and answer.tensor.shape == ()
    assert answer.tensor.dtype == torch.int64
    assert isinstance(answer.model.state_dict(), OrderedDict)


def test_default(default):
    """state_dict() holds the names of the parameters and of the persistent buffers, and nothing else."""
    parameters = [name for name, _ in default.model.named_parameters()]
    assert sorted(default.model.state_dict()) == sorted(parameters + default.buffers)
    assert not set(parameters) & set(default.buffers)
    kinds = ["running_mean", "running_var", "num_batches_tracked"]
    assert default.buffers == [f"1.{kind}" for kind in kinds]
    assert default.model.get_parameter("2.1.weight") is default.model[2][1].weight
    assert default.model(torch.ones(2, 3, 4, 4)).shape == (2, 5)


def test_file(file):
    """torch.load returns what was saved, here a dict whose item holds the state_dict."""
    assert file.checkpoint["epoch"] == 7 and torch.equal(file.state["weight"], file.model.weight)


def test_wrong(wrong):
    """The dict changes when the weights of the model do."""
    assert wrong.before.shape == (2, 3)
    torch.testing.assert_close(wrong.best["weight"], 5 * wrong.before)


def test_right(right):
    """A deep copy keeps the weights, and load_state_dict brings them back."""
    assert right.before.shape == (2, 3)
    torch.testing.assert_close(right.model.weight, 5 * right.before)
    right.model.load_state_dict(right.best)
    assert torch.equal(right.model.weight, right.before)


def test_changes_with_the_next_step():
    """An optimizer step changes the tensors of a state_dict that was taken before."""
    model = nn.Linear(3, 2)
    state = model.state_dict()
    before = state["weight"].clone()
    model(torch.ones(1, 3)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    torch.testing.assert_close(state["weight"], before - 0.5)


def test_shallow_copies_share():
    """dict() and copy() of a state_dict share the tensors; deepcopy and clone() do not."""
    model = nn.Linear(3, 2)
    state = model.state_dict()
    copies = [dict(state), state.copy(), copy.deepcopy(state), {k: v.clone() for k, v in state.items()}]
    with torch.no_grad():
        model.weight.zero_()
    assert [bool((c["weight"] == 0).all()) for c in copies] == [True, True, False, False]


def test_plain_attributes_are_not_saved():
    """Neither plain tensors nor non-persistent buffers are in state_dict(); other buffers are."""
    model = nn.Module()
    model.plain = torch.ones(1)
    model.register_buffer("cache", torch.ones(2), persistent=False)
    model.register_buffer("scale", torch.ones(3))
    assert list(model.state_dict()) == ["scale"]


def test_tensors_are_detached():
    """The tensors do not require gradients; named_parameters() tells what is frozen."""
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    assert {name: t.requires_grad for name, t in model.state_dict().items()} == {"weight": False, "bias": False}
    assert {name: p.requires_grad for name, p in model.named_parameters()} == {"weight": True, "bias": False}


def test_names_are_paths():
    """A name is the path of attributes, with the position inside Sequential and ModuleList."""
    model = nn.Module()
    model.layer1 = nn.ModuleList([nn.Module()])
    model.layer1[0].conv = nn.Conv2d(1, 2, 3, bias=False)
    assert list(model.state_dict()) == ["layer1.0.conv.weight"]
