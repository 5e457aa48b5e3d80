"""Proofs of freeze-layers."""

from collections import OrderedDict

import torch
from torch import nn


def given():
    names = ["layer1", "layer4", "layer40", "fc"]
    layers = [nn.Linear(5, 8), nn.Linear(8, 7), nn.Linear(7, 6), nn.Linear(6, 3)]
    return {"torch": torch, "model": nn.Sequential(OrderedDict(zip(names, layers, strict=True)))}


def test_answer(answer):
    """Only the last layer and the layers named layer4 train, and the optimizer holds just their parameters."""
    model = answer.model
    assert [n for n, p in model.named_parameters() if p.requires_grad] == [
        "layer4.weight",
        "layer4.bias",
        "fc.weight",
        "fc.bias",
    ]
    (group,) = answer.optimizer.param_groups
    trained = [*model.layer4.parameters(), *model.fc.parameters()]
    assert [id(p) for p in group["params"]] == [id(p) for p in trained] and group["lr"] == 1e-4
    assert sum(p.numel() for p in answer.params) == 8 * 7 + 7 + 6 * 3 + 3


def test_default(default):
    """One step moves the last layer, while the frozen first layer has no gradient and no state in the optimizer."""
    model = default.model
    moved = [not torch.equal(p, old) for p, old in zip(model.parameters(), default.before, strict=True)]
    assert moved == [False, False, True, True]
    assert [p.grad is None for p in model.parameters()] == [True, True, False, False]
    assert [id(p) for p in default.optimizer.state] == [id(p) for p in model[-1].parameters()]
    assert default.optimizer.param_groups[0]["lr"] == 0.1
    assert (
        default.x.shape == (6, 5) and default.y.tolist() == [0, 1, 2] * 2 and model(default.x).shape == (6, 3)
    )


def test_by_name(by_name):
    """A prefix without its dot matches layer10 as well as layer1."""
    assert [n for n, p in by_name.model.named_parameters() if n.startswith("layer1") and p.requires_grad] == [
        "layer10.weight",
        "layer10.bias",
    ]
    assert by_name.trainable == 7 * 6 + 6 + 6 * 3 + 3
    assert by_name.total == by_name.trainable + 5 * 8 + 8 + 8 * 7 + 7


def test_unfreeze(unfreeze):
    """add_param_group hands an unfrozen layer, with a learning rate of its own, to an optimizer that has taken steps."""
    first, second = unfreeze.optimizer.param_groups
    assert (first["lr"], second["lr"]) == (0.01, 0.001)
    assert [id(p) for p in second["params"]] == [id(p) for p in unfreeze.model[0].parameters()]
    state = unfreeze.optimizer.state
    assert (
        int(state[unfreeze.model[-1].weight]["step"]) == 3
        and int(state[unfreeze.model[0].weight]["step"]) == 1
    )
    assert unfreeze.x.shape == (6, 5) and unfreeze.y.tolist() == [0, 1, 2] * 2


def test_wrong(wrong):
    """An attribute requires_grad on a module raises nothing and freezes nothing."""
    assert wrong.model[0].requires_grad is False
    assert [tuple(p.shape) for p in wrong.model.parameters()] == [(8, 5), (8,), (3, 8), (3,)]
    assert [p.requires_grad for p in wrong.model.parameters()] == [True] * 4


def test_right(right):
    """requires_grad_(False) of a module freezes its parameters and no others."""
    assert [tuple(p.shape) for p in right.model.parameters()] == [(8, 5), (8,), (3, 8), (3,)]
    assert [p.requires_grad for p in right.model.parameters()] == [False, False, True, True]


def test_batchnorm_still_moves():
    """In train(), a frozen BatchNorm updates its running statistics; after eval() on the frozen part it does not."""
    model = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)), nn.Linear(2, 3))
    model[0].requires_grad_(False)
    x = torch.tensor([[1.0, 4.0], [3.0, 8.0]])
    for training in False, True:
        model.train()
        model[0].train(training)
        model(x)
        want = torch.tensor([0.2, 0.6]) if training else torch.zeros(2)
        torch.testing.assert_close(model[0][0].running_mean, want)


def test_dropout_still_drops():
    """In train(), the Dropout of a frozen layer goes on dropping."""
    torch.manual_seed(0)
    layer = nn.Dropout().requires_grad_(False).train()
    assert sorted(set(layer(torch.ones(64)).tolist())) == [0, 2]


def test_a_gradient_left_over_still_moves():
    """A frozen parameter moves by its old gradient, momentum, or weight decay unless zero_grad() makes its grad None."""
    makers = [
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.1),
        lambda p: torch.optim.Adam(p, lr=0.1, fused=True),
        lambda p: torch.optim.AdamW(p, lr=0.1, foreach=True),
        lambda p: torch.optim.RMSprop(p, lr=0.1, momentum=0.9),
    ]
    for make in makers:
        for way in "none", "zero", "old gradient":
            w = nn.Parameter(torch.ones(3))
            optimizer = make([w])
            w.square().sum().backward()
            optimizer.step()
            w.requires_grad_(False)
            if way != "old gradient":
                optimizer.zero_grad(set_to_none=way == "none")
            before = w.detach().clone()
            optimizer.step()
            assert torch.equal(w, before) == (way == "none")


def test_wrapped_names(in_ranks):
    """Names begin with module. under DDP and with _orig_mod. under torch.compile(model)."""
    model = nn.Sequential(OrderedDict(stem=nn.Linear(2, 3), fc=nn.Linear(3, 2)))
    assert all(name.startswith("_orig_mod.") for name, _ in torch.compile(model).named_parameters())

    def work(_rank):
        return [name for name, _ in nn.parallel.DistributedDataParallel(model).named_parameters()]

    assert in_ranks(work)[0] == [
        "module.stem.weight",
        "module.stem.bias",
        "module.fc.weight",
        "module.fc.bias",
    ]


def test_ddp_averages_only_what_was_trainable(in_ranks):
    """DDP does not average the gradient of a parameter that was frozen when the model was wrapped."""

    def work(rank):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
        model[0].requires_grad_(False)
        ddp = nn.parallel.DistributedDataParallel(model)
        model[0].requires_grad_(True)
        torch.manual_seed(1 + rank)
        ddp(torch.randn(5, 3)).square().mean().backward()
        return [layer.weight.grad.tolist() for layer in model]

    one, other = in_ranks(work)
    assert one[0] != other[0] and one[1] == other[1]


def test_an_optimizer_of_everything_skips_what_is_frozen():
    """An optimizer built from all parameters skips one without a gradient, and updates it once it is unfrozen."""
    for make in torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3))
        model[0].requires_grad_(False)
        optimizer = make(model.parameters(), lr=0.1, weight_decay=0.1)
        for unfrozen in False, True:
            model[0].requires_grad_(unfrozen)
            before = model[0].weight.detach().clone()
            optimizer.zero_grad()
            model(torch.randn(6, 5)).square().sum().backward()
            optimizer.step()
            assert torch.equal(model[0].weight, before) == (not unfrozen)


def test_where_the_backward_pass_stops():
    """Behind frozen first layers, the graph begins at the first trained layer; a frozen last layer passes gradients on."""
    model = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3))
    x = torch.ones(2, 5)
    model[0].requires_grad_(False)
    assert model[0](x).grad_fn is None
    model.requires_grad_(True)
    model[1].requires_grad_(False)
    model(x).sum().backward()
    assert model[0].weight.grad.abs().sum() > 0 and model[1].weight.grad is None


def test_shared_weights():
    """Freezing an embedding freezes the output layer that shares its weight."""
    embedding, out = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
    out.weight = embedding.weight
    embedding.requires_grad_(False)
    assert not out.weight.requires_grad
