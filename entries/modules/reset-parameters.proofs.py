"""Proofs of reset-parameters."""

import copy

import torch
from torch import nn


def make_model():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def given():
    torch.manual_seed(0)
    return {"copy": copy, "Net": make_model, "device": "cpu"}


def test_answer(answer):
    """reset_parameters() of every layer draws other weights and leaves a deep copy of the state_dict alone."""
    model, initial = answer.model, answer.initial
    torch.manual_seed(0)
    for name, value in make_model().state_dict().items():
        assert torch.equal(initial[name], value)
    drawn = ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert [name for name, value in model.state_dict().items() if not torch.equal(value, initial[name])] == drawn


def test_load_state_dict(answer):
    """load_state_dict brings weights, running statistics, and the count of batches back."""
    model = make_model()
    model.load_state_dict(answer.initial)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(8, 3)).square().sum().backward()
    optimizer.step()
    state = model.state_dict()
    assert not any(torch.equal(state[name], answer.initial[name]) for name in ("0.weight", "1.running_mean"))
    assert state["1.num_batches_tracked"] == 1
    model.load_state_dict(answer.initial)
    assert all(torch.equal(value, answer.initial[name]) for name, value in model.state_dict().items())


def test_as_if_just_built():
    """After reset_parameters() of its layers, a model equals one that is built with the same seed."""
    model = make_model()
    model(torch.randn(8, 3)).square().sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    torch.manual_seed(5)
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    torch.manual_seed(5)
    fresh = make_model().state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in model.state_dict().items())
    assert all(p.grad is not None for p in model.parameters())  # the old gradients are still there
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_default(default):
    """model.apply(reset) calls reset on every module, so the second run starts untrained."""
    seen = []
    default.model.apply(lambda module: seen.append(type(module)))
    assert seen == [nn.Linear, nn.BatchNorm1d, nn.Linear, nn.Sequential]
    torch.testing.assert_close(default.y - default.x.sum(1, keepdim=True), torch.full((16, 1), 3.0))
    assert default.loss < 0.1


def test_initial_state(initial_state):
    """Both learning rates start from the same loss."""
    x, y, initial = initial_state.x, initial_state.y, initial_state.initial
    start = nn.functional.mse_loss(x @ initial["weight"].T + initial["bias"], y)
    assert round(start.item(), 3) == initial_state.losses[0]
    assert initial_state.losses[0] > initial_state.losses[-1]


def test_missed(missed):
    """Of the parts of a Transformer layer, only the projections inside the attention have no reset_parameters()."""
    assert isinstance(missed.model.self_attn, nn.MultiheadAttention)
    assert hasattr(missed.model.self_attn.out_proj, "reset_parameters")
    assert hasattr(missed.model.linear1, "reset_parameters")


def test_modules_that_the_loop_misses():
    """A loop over reset_parameters() leaves MultiheadAttention's in_proj and parameters of your own as they are."""

    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.ones(3))

    assert not hasattr(nn.Module(), "reset_parameters")
    model = nn.ModuleDict({"layer": nn.TransformerEncoderLayer(4, 2, 6), "scale": Scale()})
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(9)
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    kept = [name for name, p in model.named_parameters() if (p == 9).all()]
    assert kept == ["layer.self_attn.in_proj_weight", "layer.self_attn.in_proj_bias", "scale.gain"]


def test_state_dict_without_deepcopy():
    """state_dict() holds the tensors of the model: a step changes it, and a deep copy stays."""
    model = nn.Linear(3, 2)
    initial, copied = model.state_dict(), copy.deepcopy(model.state_dict())
    model(torch.ones(1, 3)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert torch.equal(initial["weight"], model.weight)
    assert not torch.equal(copied["weight"], model.weight)


def test_moments_survive():
    """After reset_parameters(), the same Adam moves the weights although the gradient is zero; a new one does not."""
    model = nn.Linear(3, 2)
    old = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    old.step()
    model.reset_parameters()
    for optimizer, moves in (old, True), (torch.optim.Adam(model.parameters(), lr=0.1), False):
        before = model.weight.detach().clone()
        for p in model.parameters():
            p.grad = torch.zeros_like(p)
        optimizer.step()
        assert torch.equal(before, model.weight) is not moves


def test_the_rate_survives():
    """A scheduler leaves its learning rate in the optimizer."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)
    optimizer.step()
    scheduler.step()
    assert abs(optimizer.param_groups[0]["lr"] - 0.05) < 1e-9


def test_default_initialization_only():
    """reset_parameters() does not repeat an nn.init call of your own."""
    model = nn.Linear(3, 2)
    nn.init.zeros_(model.weight)
    model.reset_parameters()
    assert model.weight.abs().min() > 0


def test_weight_norm_keeps_the_weight():
    """reset_parameters() of a Linear or a convolution under a parametrization changes its bias, but not its weight."""
    kinds = torch.nn.utils.parametrizations
    for kind in kinds.weight_norm, kinds.spectral_norm, kinds.orthogonal:
        for plain in nn.Linear(3, 2), nn.Conv2d(2, 3, 3), nn.ConvTranspose1d(2, 3, 3):
            layer = kind(plain).eval()  # spectral_norm goes on iterating in train()
            weight, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
            layer.reset_parameters()
            torch.testing.assert_close(layer.weight.detach(), weight)
            assert not torch.equal(layer.bias, bias)


def test_persistent_buffers():
    """load_state_dict brings persistent buffers back, and leaves those with persistent=False as they are."""
    model = nn.Module()
    model.register_buffer("kept", torch.zeros(1))
    model.register_buffer("left", torch.zeros(1), persistent=False)
    initial = copy.deepcopy(model.state_dict())
    model.kept += 1
    model.left += 1
    model.load_state_dict(initial)
    assert (model.kept, model.left) == (0, 1)


def test_reset_a_part():
    """A loop over the modules of the head leaves the rest of the model alone."""
    model = nn.Module()
    model.body, model.fc = nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 2))
    before = copy.deepcopy(model.state_dict())
    for layer in model.fc.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    assert changed == ["fc.0.weight", "fc.0.bias"]


def test_right(right):
    """A model that is built in the loop is another object in each fold, trained on that fold only."""
    assert right.loss < 0.2
    assert right.train_x.shape == (10, 3)
    torch.testing.assert_close(right.train_y, 3 + right.train_x.sum(1, keepdim=True))
