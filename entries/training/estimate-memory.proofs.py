"""Proofs of estimate-memory."""

import torch
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2000, 3000), nn.Linear(3000, 5))


def given():
    return {"torch": torch, "Net": Net}


def numbers(optimizer):
    """Bytes of the optimizer's state, without its step counters."""
    return sum(t.nbytes for state in optimizer.state.values() for t in state.values() if t.ndim)


def trained(model, optimizer, x):
    model(x).sum().backward()
    optimizer.step()
    return sum(p.nbytes for p in model.parameters()), sum(p.grad.nbytes for p in model.parameters()), numbers(optimizer)


def test_answer(answer):
    """A model on the meta device has its number of parameters and no memory."""
    assert all(p.is_meta for p in answer.model.parameters())
    assert answer.n == 2000 * 3000 + 3000 + 3000 * 5 + 5
    assert answer.training == 16 * answer.n and answer.inference == 2 * answer.n


def test_default(default):
    """A transformer layer of width D and inner width 4 D has about 12 D ** 2 parameters."""
    assert abs(default.n / (32 * 12 * 4096**2) - 1) < 0.01
    assert all(p.is_meta for p in default.model.parameters())
    assert round(16 * 7e9 / 2**30) == 104


def test_activations(activations):
    """A linear layer keeps its input, ReLU its output, and both grow linearly with the batch size."""
    for B in 1, 5, 10:
        assert activations.activation_bytes(activations.model, torch.randn(B, 100)) == B * (100 + 300) * 4
    conv = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.ReLU())
    assert activations.activation_bytes(conv, torch.randn(2, 3, 10, 10)) == 2 * (3 * 100 + 8 * 64) * 4


def test_kv_cache(kv_cache):
    """Keys and values take 2 * layers * kv_heads * head_dim numbers per token."""
    assert kv_cache.values == sum(8 * 128 for kv in "kv" for _ in range(32)) * 8192 * 4


def test_sixteen_bytes_per_parameter():
    """AdamW in float32 takes 16 bytes per parameter, SGD 8, with momentum 12, and AdamW in bfloat16 8."""
    for options in (
        (torch.float32, torch.optim.AdamW, {}, (4, 4, 8)),
        (torch.float32, torch.optim.SGD, {}, (4, 4, 0)),
        (torch.float32, torch.optim.SGD, {"momentum": 0.9}, (4, 4, 4)),
        (torch.bfloat16, torch.optim.AdamW, {}, (2, 2, 4)),
    ):
        dtype, kind, extra, wanted = options
        model = nn.Linear(30, 20).to(dtype)
        found = trained(model, kind(model.parameters(), lr=0.1, **extra), torch.ones(3, 30, dtype=dtype))
        assert tuple(size / (30 * 20 + 20) for size in found) == wanted


def test_state_comes_with_the_first_step():
    """AdamW has no state before its first step."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    assert not optimizer.state
    optimizer.step()
    assert numbers(optimizer) == 8 * (3 * 2 + 2)


def test_autocast_keeps_float32():
    """Under autocast, weights, gradients, and AdamW's averages are float32; the output is bfloat16."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(torch.ones(1, 3))
    out.float().sum().backward()
    optimizer.step()
    assert out.dtype == torch.bfloat16
    assert {t.dtype for p in model.parameters() for t in (p, p.grad, optimizer.state[p]["exp_avg"])} == {torch.float32}


def test_frozen_parameters_take_their_weights_only():
    """A frozen parameter gets neither a gradient nor a state."""
    model = nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 2))
    model[0].requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 30)).sum().backward()
    optimizer.step()
    assert model[0].weight.grad is None and numbers(optimizer) == 8 * (20 * 2 + 2)


def test_no_grad_keeps_nothing(activations):
    """Under no_grad, the forward pass keeps nothing for backward; in eval mode alone, it does."""
    model, x = activations.model.eval(), torch.randn(4, 100)
    assert activations.activation_bytes(model, x) == 4 * 400 * 4
    with torch.no_grad():
        assert activations.activation_bytes(model, x) == 0


def test_autocast_keeps_a_copy_of_the_weights():
    """Under autocast, the forward pass saves a 16-bit copy of each matrix for backward."""
    model, saved = nn.Sequential(nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 5)), []
    x = torch.ones(2, 30, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            model(x)
    copies = {tuple(sorted(t.shape)): t.dtype for t in saved if sorted(t.shape) in ([20, 30], [5, 20])}
    assert copies == {(20, 30): torch.bfloat16, (5, 20): torch.bfloat16}
