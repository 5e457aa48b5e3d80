"""Proofs of param-groups."""

from collections import OrderedDict

import torch
from torch import nn
from torch.optim import lr_scheduler


def given():
    body = nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5))
    return {"torch": torch, "model": nn.Sequential(OrderedDict(body=body, fc=nn.Linear(5, 2)))}


def ids(params):
    return [id(p) for p in params]


def test_answer(answer):
    """A group with an lr of its own uses it; a group without one takes the lr of the optimizer."""
    model = answer.model
    first, second = answer.optimizer.param_groups
    assert (first["lr"], second["lr"]) == (1e-5, 5e-4)
    assert ids(first["params"]) == ids(model.body.parameters())
    assert ids(second["params"]) == ids(model.fc.parameters())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    answer.optimizer.step()
    for name, p in model.named_parameters():
        lr = 5e-4 if name.startswith("fc") else 1e-5
        torch.testing.assert_close(p.detach(), before[name] * (1 - lr * 0.01) - lr)


def test_default(default):
    """Both groups together hold every parameter of the model once."""
    assert [g["lr"] for g in default.optimizer.param_groups] == [1e-5, 5e-4]
    held = [i for group in default.optimizer.param_groups for i in ids(group["params"])]
    assert sorted(held) == sorted(ids(default.model.parameters()))


def test_decay(decay):
    """p.ndim >= 2 separates matrices from biases and from the weights of norm layers."""
    model = decay.model
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)  # so that only the decay moves them
    decay.optimizer.step()
    for name, p in model.named_parameters():
        shrink = {"backbone.0.weight": 1e-5 * 0.1, "head.weight": 1e-3 * 0.1}.get(name, 0)
        torch.testing.assert_close(p.detach(), before[name] * (1 - shrink), rtol=1e-7, atol=0)


def test_ndim():
    """Kernels and embeddings have ndim >= 2; the weights of BatchNorm, LayerNorm, and GroupNorm have ndim 1."""
    for layer in nn.Conv1d(2, 3, 4), nn.Conv2d(2, 3, 4), nn.Embedding(5, 3), nn.Linear(2, 3):
        assert layer.weight.ndim >= 2
    for layer in nn.BatchNorm2d(4), nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.RMSNorm(4):
        assert layer.weight.ndim == 1


def test_layer_wise(layer_wise):
    """A rate of peak * shrink ** depth halves from each layer to the one before it."""
    groups = layer_wise.optimizer.param_groups
    assert [[tuple(p.shape) for p in g["params"]] for g in groups] == [[(2, 4), (2,)], [(4, 5), (4,)], [(5, 3), (5,)]]
    assert [g["initial_lr"] for g in groups] == [0.1, 0.05, 0.025]


def test_several_models(several_models):
    """One optimizer can hold the parameters of several models."""
    encoder, decoder = several_models.encoder, several_models.decoder
    first, second = several_models.optimizer.param_groups
    assert ids(first["params"]) == ids(encoder.parameters()) and first["lr"] == 0.01
    assert ids(second["params"]) == ids(decoder.parameters()) and second["lr"] == 0.03
    assert encoder.weight.shape == (2, 3) and decoder.weight.shape == (3, 2)
    joined = torch.optim.AdamW(list(encoder.parameters()) + list(decoder.parameters()))
    assert len(joined.param_groups[0]["params"]) == 4


def test_wrong(wrong):
    """A parameter in no group gets a gradient but does not move."""
    assert wrong.model.bias.grad.tolist() == [4, 4]
    assert torch.equal(wrong.model.bias, wrong.before)


def test_right(right):
    """A second group moves the rest."""
    torch.testing.assert_close(right.model.bias.detach(), right.before - 0.2 * 4)
    assert [g["weight_decay"] for g in right.optimizer.param_groups] == [0.1, 0]


def test_misspelled_key():
    """An unknown key raises nothing, and the group keeps the default lr."""
    (group,) = torch.optim.SGD([{"params": [nn.Parameter(torch.ones(2))], "learning_rate": 0.5}], lr=0.1).param_groups
    assert (group["lr"], group["learning_rate"]) == (0.1, 0.5)


def test_used_up_generator():
    """A generator that sum() has consumed makes an empty group."""
    params = nn.Linear(3, 2).parameters()
    assert sum(p.numel() for p in params) == 8
    assert torch.optim.SGD([{"params": params}]).param_groups[0]["params"] == []


def test_group_added_after_the_scheduler(raises):
    """With a group added later, LambdaLR raises a ValueError or (older) skips the group; OneCycleLR raises a KeyError."""

    def grown(make):
        optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1, momentum=0.9)
        scheduler = make(optimizer)
        optimizer.add_param_group({"params": [nn.Parameter(torch.ones(3))]})
        optimizer.step()
        return optimizer, scheduler

    with raises(KeyError, "initial_lr"):
        grown(lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=9))[1].step()
    optimizer, scheduler = grown(lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.5**epoch))
    try:
        scheduler.step()
    except ValueError as error:
        assert "zip() argument 2 is shorter" in str(error)
    else:
        assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.1]


def rates_after(make, steps=3):
    groups = [{"params": [nn.Parameter(torch.ones(2))], "lr": lr} for lr in (0.1, 0.4)]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    scheduler = make(optimizer)
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
    return [group["lr"] for group in optimizer.param_groups]


def test_schedulers_and_ratios():
    """StepLR, LambdaLR, CosineAnnealingLR with eta_min=0 keep the ratio of the rates; OneCycleLR needs a list for that."""
    for make in (
        lambda o: lr_scheduler.StepLR(o, step_size=2),
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.5**epoch),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=9),
        lambda o: lr_scheduler.OneCycleLR(o, max_lr=[0.1, 0.4], total_steps=9),
    ):
        small, large = rates_after(make)
        torch.testing.assert_close(large, 4 * small)
    small, large = rates_after(lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=9))
    assert small == large
    small, large = rates_after(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=9, eta_min=0.05))
    assert large < 3.9 * small
    small, large = rates_after(lambda o: lr_scheduler.LambdaLR(o, [lambda epoch: 0.5**epoch, lambda epoch: 1.0]))
    assert large > 8 * small


def test_two_generators(raises):
    """Two generators in a list, or added with +, raise; unpacked into one list, they work."""
    a, b = nn.Linear(2, 3), nn.Linear(3, 1)
    with raises(TypeError, "optimizer can only optimize Tensors, but one of the params is …"):
        torch.optim.SGD([a.parameters(), b.parameters()], lr=0.1)
    with raises(TypeError, "unsupported operand"):
        a.parameters() + b.parameters()
    optimizer = torch.optim.SGD([*a.parameters(), *b.parameters()], lr=0.1)
    assert len(optimizer.param_groups[0]["params"]) == 4


def test_errors(raises):
    """A set in a group, a module, a state_dict, a bare group, and a single tensor raise; dict.fromkeys removes duplicates in
    order."""
    model = nn.Linear(2, 3)
    with raises(TypeError, "ordering of tensors in sets"):
        torch.optim.SGD([{"params": set(model.parameters())}])
    with raises(TypeError, "one of the params is torch.nn.modules.linear.Linear"):
        torch.optim.SGD([model])
    with raises(TypeError, "one of the params is str"):
        torch.optim.SGD(model.state_dict())
    with raises(TypeError, "one of the params is str"):
        torch.optim.SGD({"params": model.parameters()})
    with raises(TypeError, "'Linear' object is not iterable"):
        torch.optim.SGD(model)
    with raises(TypeError, "'method' object is not iterable"):
        torch.optim.SGD(model.parameters)
    with raises(TypeError, "one of the params is list"):
        torch.optim.SGD([list(model.parameters()), list(model.parameters())])
    with raises(TypeError, "should be an iterable of Tensors or dicts, but got torch.FloatTensor"):
        torch.optim.SGD(model.weight)
    assert ids(dict.fromkeys([model.weight, model.bias, model.weight])) == ids([model.weight, model.bias])


def test_a_state_without_initial_lr(raises):
    """A state that was saved before the scheduler was built lacks initial_lr: OneCycleLR raises if it is loaded later."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1, momentum=0.9)
    saved = optimizer.state_dict()
    for late in (True, False):
        if not late:
            optimizer.load_state_dict(saved)
        scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=9)
        if late:
            optimizer.load_state_dict(saved)
        optimizer.step()
        if late:
            with raises(KeyError, "initial_lr"):
                scheduler.step()
        else:
            scheduler.step()


def test_wrapped_names():
    """In DataParallel names begin with module., in a compiled model with _orig_mod., and an empty group raises nothing."""
    model = nn.Sequential(OrderedDict(body=nn.Linear(3, 4), fc=nn.Linear(4, 2)))
    for wrapped, prefix in (nn.DataParallel(model), "module."), (torch.compile(model), "_orig_mod."):
        names = [name for name, _ in wrapped.named_parameters()]
        assert names == [prefix + name for name, _ in model.named_parameters()]
        head = [p for name, p in wrapped.named_parameters() if name.startswith("fc.")]
        groups = torch.optim.AdamW([{"params": wrapped.parameters()}, {"params": head}]).param_groups
        assert [len(group["params"]) for group in groups] == [4, 0]


def test_a_method_without_parentheses(raises):
    """model.parameters without parentheses raises in the optimizer, in a group, in clip_grad_norm_, and in a loop; the call does not."""
    model = nn.Linear(2, 3)
    model(torch.ones(1, 2)).sum().backward()
    for call in (
        torch.optim.AdamW,
        lambda params: torch.optim.SGD([{"params": params}], lr=0.1),
        lambda params: nn.utils.clip_grad_norm_(params, 1.0),
        lambda params: [p.numel() for p in params],
    ):
        with raises(TypeError, "'method' object is not iterable"):
            call(model.parameters)
        call(model.parameters())


def test_the_state_of_a_scheduler_with_fewer_groups():
    """The state of a LambdaLR with one group, loaded for an optimizer with two, raises at step() or (older) skips a group."""

    def build(groups):
        optimizer = torch.optim.SGD([{"params": [nn.Parameter(torch.ones(1))]} for _ in range(groups)], lr=0.1)
        return optimizer, lr_scheduler.LambdaLR(optimizer, lambda n: 0.5**n)

    optimizer, scheduler = build(2)
    scheduler.load_state_dict(build(1)[1].state_dict())
    optimizer.step()
    try:
        scheduler.step()
    except ValueError as error:
        assert "zip() argument 2 is shorter than argument 1" in str(error)
    else:
        assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.1]


def test_the_state_of_a_scheduler_with_more_groups():
    """The state of a LambdaLR with two groups, loaded for an optimizer with one, raises at step() or (older) does not."""

    def build(groups):
        optimizer = torch.optim.SGD([{"params": [nn.Parameter(torch.ones(1))]} for _ in range(groups)], lr=0.1)
        return optimizer, lr_scheduler.LambdaLR(optimizer, lambda n: 0.5**n)

    optimizer, scheduler = build(1)
    scheduler.load_state_dict(build(2)[1].state_dict())
    optimizer.step()
    try:
        scheduler.step()
    except ValueError as error:
        assert "zip() argument 2 is longer than argument 1" in str(error)


def test_multiplicative_lr_and_a_later_group():
    """MultiplicativeLR raises at step() or (older) skips a group that was added later; built after that, it takes both."""
    for late in True, False:
        optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
        group = {"params": [nn.Parameter(torch.ones(2))]}
        if not late:
            optimizer.add_param_group(group)
        scheduler = lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
        if late:
            optimizer.add_param_group(group)
        optimizer.step()
        try:
            scheduler.step()
        except ValueError as error:
            assert late and "zip() argument 2 is longer than argument 1" in str(error)
        else:
            assert [g["lr"] for g in optimizer.param_groups] == [0.05, 0.1 if late else 0.05]


def test_one_value_per_group():
    """A get_lr() or base_lrs with one value for two groups raises, or (older) leaves out the second group."""

    class Constant(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [0.3] * self.values

    def run(make):
        optimizer = torch.optim.SGD([{"params": [nn.Parameter(torch.ones(1))]} for _ in range(2)], lr=0.1)
        try:
            make(optimizer)
        except ValueError as error:
            assert "zip() argument 2 is shorter than argument 1" in str(error)
            return False
        return optimizer.param_groups[1]["lr"] != 0.1

    def changed(optimizer, values):
        scheduler = lr_scheduler.LambdaLR(optimizer, lambda epoch: 1.0)
        scheduler.base_lrs = [0.3] * values
        optimizer.step()
        scheduler.step()

    for values, works in (1, False), (2, True):
        assert run(type("Mine", (Constant,), {"values": values})) == works
        assert run(lambda optimizer, values=values: changed(optimizer, values)) == works


def test_every_group_is_a_dict(raises):
    """A list of a dict and a parameter raises, and so does add_param_group with parameters; in a dict they are accepted."""
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(2))
    with raises(TypeError, "param_group must be a dict, but got"):
        torch.optim.SGD([{"params": [a], "lr": 0.2}, b], lr=0.1)
    with raises(TypeError, "one of the params is dict"):
        torch.optim.SGD([b, {"params": [a], "lr": 0.2}], lr=0.1)
    layer = nn.Linear(2, 3)
    optimizer = torch.optim.SGD([a], lr=0.1)
    with raises(TypeError, "param_group must be a dict, but got <class 'generator'>"):
        optimizer.add_param_group(layer.parameters())
    optimizer.add_param_group({"params": layer.parameters()})
    assert ids(optimizer.param_groups[1]["params"]) == ids(layer.parameters())
    optimizer = torch.optim.SGD([{"params": [a], "lr": 0.2}, {"params": [b]}], lr=0.1)
    assert [group["lr"] for group in optimizer.param_groups] == [0.2, 0.1]
