"""Proofs of named-parameters."""

import torch
from torch import nn


def given():
    model = nn.Sequential(nn.Linear(3, 1, bias=False))
    return {"model": model, "loss": model(torch.tensor([[3.0, 0.0, 4.0]])).sum()}


def test_answer(answer):
    """p.grad is None until backward() has filled it."""
    assert answer.name == "0.weight" and answer.norm == 5.0  # the gradient is (3, 0, 4)
    assert nn.Linear(3, 1).weight.grad is None


def test_default(default):
    """p.grad is None for a parameter the loss does not depend on, and for a frozen one."""
    model = default.model
    assert torch.equal(model.used.weight.grad, default.x.sum(0).expand(2, 3))
    assert torch.equal(model.used.bias.grad, torch.full((2,), 2.0))
    assert all(p.grad is None for p in [*model.unused.parameters(), *model.frozen.parameters()])
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == ["frozen.weight", "frozen.bias"]
    torch.testing.assert_close(default.model(default.x), model.used(default.x) + model.frozen(default.x))


def test_by_name(by_name, raises):
    """get_parameter returns one parameter by name, and raises for a name that does not exist."""
    assert by_name.p.shape == (4, 2) and by_name.model.get_parameter("0.weight").shape == (2, 3)
    with raises(AttributeError, "has no attribute"):
        by_name.model.get_parameter("2.scale")


def test_nested_names():
    """named_parameters() covers all submodules, with dotted names."""
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 1, bias=False)), nn.Linear(1, 1))
    assert [name for name, _ in model.named_parameters()] == ["0.0.weight", "1.weight", "1.bias"]


def test_dead_relu():
    """A ReLU whose inputs are all negative passes a gradient of 0, not None."""
    fc = nn.Linear(2, 3)
    nn.init.constant_(fc.bias, -100.0)
    fc(torch.rand(4, 2)).relu().sum().backward()
    assert fc.weight.grad.norm() == 0 and fc.bias.grad.norm() == 0


def test_explodes():
    """A gradient that overflows has an infinite norm."""
    w = nn.Parameter(torch.full((2,), 1e30))
    w.pow(3).sum().backward()
    assert w.grad.norm() == float("inf")


def test_plain_containers(wrong):
    """Layers in a plain list or dict are not listed, and an optimizer built from model.parameters() lacks them."""
    assert not list(wrong.Net().parameters())
    assert [tuple(layer.weight.shape) for layer in wrong.Net().layers] == [(4, 3), (2, 4)]
    model = nn.Linear(3, 2)
    model.extra, model.more = [nn.Linear(2, 2)], {"a": nn.Linear(2, 2)}
    (group,) = torch.optim.SGD(model.parameters(), lr=0.1).param_groups
    assert [tuple(p.shape) for p in group["params"]] == [(2, 3), (2,)]


def test_right(right):
    """ModuleList, ModuleDict, and ParameterList register what they hold."""
    assert len(list(right.Net().parameters())) == 4
    model = nn.Module()
    model.a = nn.ModuleDict({"fc": nn.Linear(3, 2)})
    model.b = nn.ParameterList([torch.ones(5)])
    assert [name for name, _ in model.named_parameters()] == ["a.fc.weight", "a.fc.bias", "b.0"]


def test_zero_grad_sets_none():
    """zero_grad() sets gradients to None by default, and to zeros with set_to_none=False."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None


def test_shared_parameters():
    """A shared parameter is listed once, under its first name; remove_duplicate=False lists both names."""
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    assert [name for name, _ in model.named_parameters()] == ["0.weight"]
    assert [name for name, _ in model.named_parameters(remove_duplicate=False)] == ["0.weight", "1.weight"]


def test_buffers():
    """BatchNorm's running statistics are in named_buffers(), not in named_parameters()."""
    norm = nn.BatchNorm1d(3)
    assert [name for name, _ in norm.named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in norm.named_buffers()] == ["running_mean", "running_var", "num_batches_tracked"]


def test_a_cut_graph():
    """A parameter before detach() or in no_grad() gets no gradient: p.grad stays None."""
    first, second, last = nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 1)
    h = first(torch.ones(4, 2)).detach()
    with torch.no_grad():
        h = second(h)
    last(h).sum().backward()
    assert first.weight.grad is None and second.weight.grad is None and last.weight.grad is not None


def test_nan_gradient():
    """The gradient of sqrt at 0 times an inner gradient of 0 is NaN, although the loss is finite."""
    w = nn.Parameter(torch.zeros(3))
    loss = w.square().sum().sqrt()
    loss.backward()
    assert loss.isfinite() and w.grad.norm().isnan()


def test_scaled_norms():
    """With a GradScaler, the norms are multiplied by the scale until unscale_() is called."""
    w = nn.Parameter(torch.ones(2))
    optimizer, scaler = torch.optim.SGD([w]), torch.amp.GradScaler("cpu")
    scaler.scale(torch.tensor([3.0, 4.0]) @ w).backward()
    assert w.grad.norm() == 5 * 65536
    scaler.unscale_(optimizer)
    assert w.grad.norm() == 5
