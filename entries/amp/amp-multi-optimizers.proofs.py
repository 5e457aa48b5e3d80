"""Proofs of amp-multi-optimizers."""

import math

import torch
from torch import nn


def two(scale=65536.0):
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    opt_a, opt_b = torch.optim.SGD([a], lr=0.5), torch.optim.SGD([b], lr=0.25)
    return a, b, opt_a, opt_b, torch.amp.GradScaler("cpu", init_scale=scale)


def given():
    a, b, opt_a, opt_b, scaler = two(4.0)
    a.grad, b.grad = torch.ones(1), torch.ones(1)  # of the step before
    losses = {"loss_a": (a * b * 3).sum(), "loss_b": (a * b * math.pi).sum()}
    return {"a": a, "b": b, "opt_a": opt_a, "opt_b": opt_b, "scaler": scaler, **losses}


def test_answer(answer):
    """Each optimizer steps with the unscaled gradient of the sum of both losses."""
    slope = torch.tensor([3 + math.pi])
    torch.testing.assert_close(answer.a.detach(), 1 - 0.5 * slope)
    torch.testing.assert_close(answer.b.detach(), 1 - 0.25 * slope)
    assert answer.scaler._growth_tracker.item() == 1  # update() was called


def test_default(default):
    """Inf in the gradients of one optimizer skips only its step and halves the shared scale."""
    b = 4 - 0.25 * 3.5  # clipped; later the norm is below 3.5
    assert (default.a.item(), default.scale) == (1 - 0.5 * 3 * 2, 512)
    assert math.isclose(default.b.item(), b * 0.75**2, rel_tol=1e-5)


def test_wrong(wrong):
    """After update() has halved the scale, the next optimizer's gradients come out twice as large."""
    assert 4 - wrong.b.item() == 0.5 * 3 * 2


def test_right(right):
    """With one update() after all steps, the second optimizer moves as far as it should."""
    assert 4 - right.b.item() == 0.5 * 3 and right.a.item() == 1


def test_a_plain_step_uses_scaled_gradients():
    """opt.step() applies gradients that are still multiplied by the scale, which starts at 65536."""
    a, _, opt_a, _, scaler = two()
    assert torch.amp.GradScaler("cpu").scale(torch.ones(1)).item() == 65536
    scaler.scale(a.sum()).backward()
    opt_a.step()
    assert a.item() == 1 - 0.5 * 65536


def test_two_losses_of_one_graph(raises):
    """A second backward() through a shared part of the graph raises; the sum of the losses needs only one."""
    a, _, _, _, scaler = two(4.0)
    h = a.exp()
    scaler.scale(h.sum()).backward()
    with raises(RuntimeError, "backward through the graph a second time"):
        scaler.scale(3 * h.sum()).backward()
    a.grad, h = None, a.exp()
    scaler.scale(h.sum() + 3 * h.sum()).backward()
    torch.testing.assert_close(a.grad, torch.tensor([4 * 4 * math.e]))


def test_other_gradients_stay_scaled():
    """unscale_ divides only the gradients of its own optimizer; step does it where unscale_ was not called."""
    a, b, opt_a, opt_b, scaler = two(4.0)
    scaler.scale(3 * a.sum() + 5 * b.sum()).backward()
    scaler.unscale_(opt_a)
    assert (a.grad.item(), b.grad.item()) == (3, 4 * 5)
    scaler.step(opt_b)
    assert b.item() == 1 - 0.25 * 5


def test_order_of_the_calls(raises):
    """After step(), unscale_() and a second step() of that optimizer raise until update() is called."""
    a, _, opt_a, _, scaler = two(4.0)
    scaler.scale(a.sum()).backward()
    scaler.step(opt_a)
    with raises(RuntimeError, "unscale_() is being called after step()"):
        scaler.unscale_(opt_a)
    with raises(RuntimeError, "step() has already been called since the last update()"):
        scaler.step(opt_a)
    scaler.update()
    scaler.unscale_(opt_a)
    scaler.step(opt_a)
