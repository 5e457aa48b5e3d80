"""Proofs of weight-tying."""

import copy
import io
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune


def tied(V=5, E=3, device=None):
    model = nn.ModuleDict(
        {"embed": nn.Embedding(V, E, device=device), "head": nn.Linear(E, V, bias=False, device=device)}
    )
    model["head"].weight = model["embed"].weight
    return model


def is_tied(model):
    return model["head"].weight is model["embed"].weight


def given():
    torch.manual_seed(0)
    return {"nn": nn, "V": 400, "E": 30}


def test_answer(answer):
    """head.weight = embed.weight makes both names one parameter of shape (V, E)."""
    assert answer.head.weight is answer.embed.weight and isinstance(answer.head.weight, nn.Parameter)
    assert answer.embed.weight.shape == (400, 30) and answer.head.bias is None
    assert 0.019 < answer.embed.weight.std() < 0.021


def test_default(default):
    """A tied weight counts once in parameters(), twice in state_dict(), and deepcopy keeps the tie."""
    assert default.model.head.weight is default.model.embed.weight
    assert default.twin.head.weight is not default.model.head.weight
    assert default.model(torch.zeros(2, 7, dtype=torch.long)).shape == (2, 7, 100)
    assert default.model.head.bias is None
    assert 0.018 < default.model.embed.weight.std() < 0.022


def test_shared_layer(shared_layer):
    """A module used twice has one set of parameters and collects the gradients of both uses."""
    w, b = (p.detach() for p in shared_layer.layer.parameters())
    first, second = (w.clone().requires_grad_() for _ in range(2))
    F.linear(F.linear(torch.ones(2, 3), first, b).relu(), second, b).sum().backward()
    torch.testing.assert_close(shared_layer.layer.weight.grad, first.grad + second.grad)
    assert shared_layer.model[0] is shared_layer.model[2]


def test_wrong(wrong):
    """load_state_dict with assign=True turns a tied weight into two parameters."""
    shapes = [tuple(p.shape) for p in wrong.model.parameters()]
    assert shapes == [(5, 3), (5, 3)]
    assert (wrong.head.in_features, wrong.head.out_features) == (3, 5)


def test_right(right):
    """Assigning the parameter again after loading restores the tie."""
    assert [tuple(p.shape) for p in right.model.parameters()] == [(5, 3)]
    assert (right.head.in_features, right.head.out_features) == (3, 5)


def test_gradients_add_up():
    """The gradient of a tied weight is the sum of the gradients in both places."""
    model, ids = tied(), torch.tensor([[1, 4, 4]])
    y = torch.tensor([4, 4, 2])
    F.cross_entropy(model["head"](model["embed"](ids))[0], y).backward()
    a, b = (model["embed"].weight.detach().clone().requires_grad_() for _ in range(2))
    F.cross_entropy(F.embedding(ids[0], a) @ b.T, y).backward()
    torch.testing.assert_close(model["embed"].weight.grad, a.grad + b.grad)


def test_one_step():
    """An optimizer built from model.parameters() updates a tied weight once."""
    model = tied()
    before = model["head"].weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model["head"].weight.sum().backward()
    optimizer.step()
    torch.testing.assert_close(model["head"].weight.detach(), before - 0.1)
    assert is_tied(model)


def test_what_keeps_the_tie():
    """deepcopy of the model, to() another dtype, half(), and load_state_dict keep the tie."""
    model = tied()
    assert is_tied(copy.deepcopy(model))
    assert is_tied(model.to(torch.float64)) and is_tied(model.half())
    model.load_state_dict(tied().state_dict())
    assert is_tied(model)


def test_what_breaks_the_tie():
    """A new Parameter, assign=True, to("meta"), to_empty() from meta, and pruning or weight norm on one layer break the tie."""
    model = tied()
    model["embed"].weight = nn.Parameter(torch.zeros(5, 3))
    assert not is_tied(model)
    model = tied()
    model.load_state_dict(tied().state_dict(), assign=True)
    assert not is_tied(model)
    model = tied(device="meta")
    assert is_tied(model) and not is_tied(model.to_empty(device="cpu"))
    assert not is_tied(tied().to("meta"))
    for change in (
        lambda layer: prune.l1_unstructured(layer, "weight", 0.5),
        nn.utils.parametrizations.weight_norm,
    ):
        model = tied()
        change(model["head"])
        assert not is_tied(model)


def test_sharing_data_is_not_a_tie():
    """Assigning .data shares memory between two parameters, each with a gradient of its own."""
    embed, head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
    head.weight.data = embed.weight.data
    head(embed(torch.tensor([1]))).sum().backward()
    assert head.weight is not embed.weight and head.weight.data_ptr() == embed.weight.data_ptr()
    assert not torch.equal(head.weight.grad, embed.weight.grad)


def test_in_one_group_only(raises):
    """A parameter in two groups raises, and a parameter twice in one list warns."""
    model = tied()
    with raises(ValueError, "some parameters appear in more than one parameter group"):
        torch.optim.SGD([{"params": model[name].parameters()} for name in model], lr=0.1)
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.optim.SGD([p for name in model for p in model[name].parameters()], lr=0.1)
    assert any("duplicate parameters" in str(w.message) for w in caught)


def test_copying_each_layer():
    """deepcopy of each layer by itself separates a tied weight."""
    assert not is_tied({name: copy.deepcopy(layer) for name, layer in tied().items()})


def test_torch_save_stores_it_once():
    """torch.save stores the values of a tied weight once, and after torch.load both names share memory."""
    file = io.BytesIO()
    torch.save(tied(500, 100).state_dict(), file)
    assert len(file.getvalue()) < 1.1 * 4 * 500 * 100
    file.seek(0)
    a, b = torch.load(file).values()
    assert a.data_ptr() == b.data_ptr()


def test_first_loss():
    """nn.Embedding starts with std 1, nn.Linear(E, V) below 1 / sqrt(E); a tied std of 1 gives a loss far above ln(V)."""
    torch.manual_seed(0)
    embed, x, y = nn.Embedding(1000, 64), torch.randn(50, 64), torch.arange(50)
    assert 0.95 < embed.weight.std() < 1.05
    assert nn.Linear(64, 1000).weight.abs().max() <= 1 / math.sqrt(64)
    assert F.cross_entropy(x @ embed.weight.T, y) > 2 * math.log(1000)
    assert abs(F.cross_entropy(x @ embed.weight.T * 0.02, y) - math.log(1000)) < 0.2
