"""Proofs of amp-tips."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {
        "torch": torch,
        "device": torch.device("cpu"),
        "model": nn.Linear(3, 2),
        "criterion": lambda h, y: h @ h.T * y,
        "x": torch.full((1, 3), 1e4),
        "y": 1.0,
    }


def test_answer(answer):
    """With autocast disabled and its input as .float(), a product above 65504 stays finite."""
    assert (answer.h.dtype, answer.loss.dtype) == (torch.float16, torch.float32)
    expected = sum(v * v for v in answer.h[0].tolist())
    assert expected > 65504 and math.isclose(answer.loss.item(), expected, rel_tol=1e-5)


def test_default(default):
    """float16 ends at 65504, and its smallest positive number is 6e-8, so 1e-8 is 0 and 256 * 256 is inf."""
    assert torch.tensor([2**-24, 2**-25, 1e-8]).half().tolist() == [2**-24, 0, 0]
    assert f"{2**-24:.0e}" == "6e-08" and torch.tensor(1e-6).half() > 0
    assert torch.tensor([65504.0, 65520.0]).half().tolist() == [65504, math.inf]
    assert default.squares.tolist() == [round(255**2 / 32) * 32, math.inf]  # steps of 32 up there
    assert default.ones.sum(dtype=torch.float32).item() == 70_000 > 65504


def test_wrong(wrong):
    """Under autocast a product of two float16 matrices overflows to inf."""
    assert wrong.h.unique().tolist() == [10.0 * 10 * 3]
    assert torch.isinf(wrong.gram).all()


def test_right(right):
    """Where autocast is disabled and the inputs are float32, the product is right."""
    assert right.h.dtype == torch.float16
    assert right.gram.tolist() == [[4 * 300.0**2] * 2] * 2


def test_float_is_needed():
    """Disabling autocast alone leaves a float16 input in float16."""
    h = torch.full((2, 4), 300.0).half()
    with torch.autocast("cpu", enabled=False):
        assert (h @ h.T).isinf().all()


def test_custom_fwd(custom_fwd, raises):
    """custom_fwd with cast_inputs=torch.float32 runs forward in float32; it and custom_bwd need device_type."""
    assert custom_fwd.y.dtype == torch.float32
    assert custom_fwd.y.tolist() == [300**2, 7**2]
    assert custom_fwd.x.grad.tolist() == [2 * 300, -2 * 7] and custom_fwd.x.grad.dtype == torch.float16
    for decorate in torch.amp.custom_fwd, torch.amp.custom_bwd:
        with raises(TypeError, "missing 1 required keyword-only argument: 'device_type'"):
            decorate()


def test_forward_overflow_ignores_the_scale():
    """An overflow in the forward pass that makes the loss NaN does so with a scale of 1 as with 65536."""
    for scale in (1.0, 65536.0):
        w = nn.Parameter(torch.tensor([300.0]))
        optimizer = torch.optim.SGD([w], lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        h = w.half()
        loss = F.cross_entropy(torch.cat([h * h, h]).float(), torch.tensor(0))
        assert math.isnan(loss.item())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        assert w.item() == 300 and scaler.get_scale() == scale / 2


def test_normalize_has_a_tiny_eps():
    """F.normalize turns a float16 zero vector into NaN with its eps of 1e-12, but not with 1e-6."""
    zero = torch.zeros(2, 3).half()
    assert F.normalize(zero).isnan().all()
    assert F.normalize(zero, eps=1e-6).tolist() == zero.tolist()
    assert F.normalize(zero.float()).tolist() == zero.tolist()


def test_the_scale_grows():
    """The scale doubles after 2000 good steps in a row and halves when a gradient is not finite."""
    assert torch.amp.GradScaler("cpu").get_growth_interval() == 2000
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
    w = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.0)
    scales = []
    for slope in (1.0, 1.0, math.inf, 1.0, 1.0, 1.0):
        optimizer.zero_grad()
        scaler.scale(w.sum() * slope).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales == [8.0, 8.0, 4.0, 4.0, 4.0, 8.0]


def test_only_the_optimizers_gradients_are_checked():
    """GradScaler unscales and checks only the gradients of the optimizer that it steps."""
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([a], lr=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    scaler.scale(3 * a.sum() + b.sum() * math.inf).backward()
    scaler.step(optimizer)
    scaler.update()
    assert (a.item(), a.grad.item(), b.grad.item()) == (1 - 0.5 * 3, 3, math.inf)
    assert scaler.get_scale() == 4


def test_eps_of_a_reciprocal():
    """In float16, 1 / (0 + eps) is inf with an eps of 1e-6, and finite with 2e-5."""
    zero = torch.zeros(1).half()
    assert (1 / (zero + 1e-6)).item() == math.inf
    assert 49e3 < (1 / (zero + 2e-5)).item() < 51e3
    assert (1 / (zero + 1e-6).sqrt()).isfinite().all()  # as in a norm or a standard deviation
