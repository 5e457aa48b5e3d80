"""Proofs of optimizer-group."""

from collections import OrderedDict

import torch
from torch import nn


def net(middle=4):
    return nn.Sequential(OrderedDict(backbone=nn.Linear(3, middle), fc=nn.Linear(middle, 2)))


def stepped(optimizer):
    """The state of an optimizer after one step with gradients of 8."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = torch.full_like(p, 8.0)
    optimizer.step()
    return optimizer.state_dict()


def given():
    model = net()
    return {"torch": torch, "model": model, "ckpt": {"optimizer": stepped(torch.optim.AdamW(model.parameters(), lr=0.5))}}


def test_answer(answer):
    """A set of the head's parameters splits the model into two groups that hold each parameter once."""
    model, groups = answer.model, answer.optimizer.param_groups
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]
    held = [[id(p) for p in group["params"]] for group in groups]
    assert held == [[id(p) for p in part.parameters()] for part in (model.backbone, model.fc)]
    assert [group["lr"] for group in groups] == [1e-5, 1e-3]


def test_default(default):
    """An optimizer built with the same groups in the same order restores the learning rates and the averages."""
    for p, q in zip(default.model.parameters(), default.build()[0].parameters(), strict=True):
        assert not torch.equal(p, q)  # the weights after a step
    first, second = default.optimizer.param_groups
    assert [first["lr"], second["lr"]] == [0.5, 0.25]
    bias = default.optimizer.state[default.model[1].bias]
    torch.testing.assert_close(bias["exp_avg"], torch.full((2,), 0.1))  # the gradient is 1


def test_right(right):
    """Frozen parameters in the optimizer do not move, because their gradient is None."""
    assert [p.requires_grad for p in right.model.parameters()] == [False, False, True, True]
    before = [p.clone() for p in right.model.parameters()]
    right.model(torch.ones(2, 3)).sum().backward()
    right.optimizer.step()
    moved = [not torch.equal(p, q) for p, q in zip(right.model.parameters(), before, strict=True)]
    assert moved == [False, False, True, True]


def test_right_groups(right_groups):
    """After add_param_group the state of two groups loads, with their learning rates."""
    groups = right_groups.optimizer.param_groups
    parts = right_groups.head, right_groups.body
    assert [[id(p) for p in g["params"]] for g in groups] == [[id(p) for p in part.parameters()] for part in parts]


def test_right_twice(right_twice):
    """p not in a set finds the parameters outside the head."""
    assert [group["lr"] for group in right_twice.optimizer.param_groups] == [1e-3, 0.5]
    assert [id(p) for p in right_twice.rest] == [id(p) for p in right_twice.model[0].parameters()]


def test_the_state_holds_numbers():
    """The state_dict of an optimizer knows its parameters by number, in the order of the groups."""
    model = net()
    optimizer = torch.optim.Adam([{"params": model.fc.parameters()}, {"params": model.backbone.parameters()}])
    saved = stepped(optimizer)
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2, 3]]
    assert [tuple(saved["state"][i]["exp_avg"].shape) for i in range(4)] == [(2, 4), (2,), (4, 3), (4,)]


def test_only_counts_are_compared(raises):
    """Parameters in another order load; step() raises where shapes differ and uses the wrong averages where they do not."""
    for middle, fails in ((4, True), (3, False)):
        model = nn.Sequential(nn.Linear(3, middle), nn.Linear(middle, 3))
        saved = stepped(torch.optim.Adam(model[:1].parameters()))
        model[1].weight.grad = model[1].bias.grad = None
        params = [model[1].weight, model[1].bias]
        other = torch.optim.Adam(params)
        other.load_state_dict(saved)
        if fails:
            with raises(RuntimeError, "size of tensor"):
                stepped(other)
        else:
            averages = other.state[model[1].weight]["exp_avg"]
            torch.testing.assert_close(averages, torch.full((3, 3), 0.8))  # of model[0]
            stepped(other)


def test_fused_does_not_check_shapes():
    """With fused=True, step() updates a (3, 4) weight with averages of shape (4, 3) without an error."""
    first, second = nn.Linear(3, 4, bias=False), nn.Linear(4, 3, bias=False)
    saved = stepped(torch.optim.Adam(first.parameters(), fused=True))
    other = torch.optim.Adam(second.parameters(), fused=True)
    other.load_state_dict(saved)
    before = second.weight.detach().clone()
    stepped(other)
    assert other.state[second.weight]["exp_avg"].shape == (4, 3)
    assert not torch.equal(second.weight, before)


def test_one_element_tensors_of_equal_value():
    """p not in a list takes two one-element parameters of equal value for the same."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    nn.init.ones_(model[0].weight)
    nn.init.ones_(model[1].weight)
    head = list(model[1].parameters())
    assert [p for p in model.parameters() if p not in head] == []
    assert len([p for p in model.parameters() if p not in set(head)]) == 1


def test_a_list_compares_with_equals(raises):
    """p not in a list of parameters compares with == and raises, for equal and for different shapes; a set works."""
    for inputs, middle, message in ((3, 4, "size of tensor"), (2, 2, "Boolean value of Tensor")):
        model = nn.Sequential(nn.Linear(inputs, middle), nn.Linear(middle, 2))
        head = list(model[1].parameters())
        with raises(RuntimeError, message):
            [p for p in model.parameters() if p not in head]
        assert len([p for p in model.parameters() if p not in set(head)]) == 2


def test_loading_overwrites_the_options():
    """load_state_dict overwrites lr and weight_decay with the saved values."""
    model = net()
    saved = torch.optim.AdamW(model.parameters(), lr=0.5, weight_decay=0.25).state_dict()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.0)
    optimizer.load_state_dict(saved)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.25)


def test_a_new_layer(raises):
    """A model with one layer more does not take the saved state of the optimizer."""
    saved = torch.optim.Adam(net().parameters()).state_dict()
    larger = nn.Sequential(net(), nn.Linear(2, 2))
    with raises(ValueError, "doesn't match the size of optimizer's group"):
        torch.optim.Adam(larger.parameters()).load_state_dict(saved)


def test_saved_without_the_frozen_ones(raises):
    """State that was saved without the frozen parameters loads into the same optimizer, which then gets the rest."""
    model = net()
    saved = stepped(torch.optim.Adam(model.fc.parameters(), lr=0.5))
    with raises(ValueError, "doesn't match the size of optimizer's group"):
        torch.optim.Adam(model.parameters()).load_state_dict(saved)
    optimizer = torch.optim.Adam(model.fc.parameters())
    optimizer.load_state_dict(saved)
    optimizer.add_param_group({"params": model.backbone.parameters()})
    stepped(optimizer)
    assert [optimizer.state[p]["step"].item() for p in model.parameters()] == [1, 1, 2, 2]


def test_decay_groups(raises):
    """State that was saved without decay groups does not load into an optimizer that has two."""
    model = net()
    saved = torch.optim.AdamW(model.parameters()).state_dict()
    split = [{"params": [p for p in model.parameters() if (p.ndim >= 2) == flag]} for flag in (True, False)]
    with raises(ValueError, "different number of parameter groups"):
        torch.optim.AdamW(split).load_state_dict(saved)


def test_tied_weights(raises):
    """A weight that two layers share raises if each layer has a group; model.parameters() lists it once."""
    embed, out = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
    out.weight = embed.weight
    with raises(ValueError, "more than one parameter group"):
        torch.optim.SGD([{"params": embed.parameters()}, {"params": out.parameters()}])
    assert len(list(nn.ModuleList([embed, out]).parameters())) == 1


def test_duplicates_in_one_group():
    """list(dict.fromkeys(params)) keeps each parameter once, in order."""
    a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    once = list(dict.fromkeys([b, a, b]))
    assert [id(p) for p in once] == [id(b), id(a)]


def test_casting_the_model_later(raises):
    """If the model is cast after the first step, Adam's averages have another dtype; loading the state again casts them."""
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    stepped(optimizer)
    model.double()
    with raises(RuntimeError, "dtype"):
        stepped(optimizer)
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.state[model.fc.weight]["exp_avg"].dtype == torch.float64
    stepped(optimizer)


def test_another_optimizer(raises):
    """The state of SGD, with or without momentum, does not work in Adam; that of Adam in AdamW sets Adam's weight_decay
    of 0."""
    model = net()
    adam = torch.optim.Adam(model.parameters())
    adam.load_state_dict(stepped(torch.optim.SGD(model.parameters(), lr=0.1)))
    with raises(KeyError, "betas"):
        stepped(adam)
    with raises(KeyError, "step"):
        adam.load_state_dict(stepped(torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)))
    with raises(KeyError, "step"):
        torch.optim.RMSprop(model.parameters()).load_state_dict(
            stepped(torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
        )
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    sgd.load_state_dict(stepped(torch.optim.Adam(model.parameters())))
    with raises(KeyError, "momentum"):
        stepped(sgd)
    adamw = torch.optim.AdamW(model.parameters(), weight_decay=0.1)
    adamw.load_state_dict(stepped(torch.optim.Adam(model.parameters())))
    assert adamw.param_groups[0]["weight_decay"] == 0
