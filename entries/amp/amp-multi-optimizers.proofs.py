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
    """A second backward() through a shared part of the graph raises; adding the losses or retain_graph=True avoids it."""
    a, _, _, _, scaler = two(4.0)
    h = a.exp()
    scaler.scale(h.sum()).backward()
    with raises(RuntimeError, "backward through the graph a second time"):
        scaler.scale(3 * h.sum()).backward()
    for add in (True, False):
        a.grad, h = None, a.exp()
        if add:
            scaler.scale(h.sum() + 3 * h.sum()).backward()
        else:
            scaler.scale(h.sum()).backward(retain_graph=True)
            scaler.scale(3 * h.sum()).backward()
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


def gan():
    torch.manual_seed(0)
    g, d = nn.Linear(2, 3), nn.Linear(3, 1)
    return g, d, torch.optim.SGD(g.parameters(), lr=0.1), torch.optim.SGD(d.parameters(), lr=0.1)


def loss_of_d(d, real, fake):
    return nn.functional.softplus(-d(real)).mean() + nn.functional.softplus(d(fake.detach())).mean()


def loss_of_g(d, fake):
    return nn.functional.softplus(-d(fake)).mean()


def test_adding_gan_losses():
    """The sum of both losses of a GAN gives the discriminator the generator's gradient too, against its own on the fakes."""
    g, d, _, _ = gan()
    real, fake = torch.full((4, 3), 2.0), g(torch.ones(4, 2))
    own = torch.autograd.grad(loss_of_d(d, real, fake), d.weight)[0]
    on_fakes = torch.autograd.grad(nn.functional.softplus(d(fake.detach())).mean(), d.weight)[0]
    of_g = torch.autograd.grad(loss_of_g(d, fake), d.weight, retain_graph=True)[0]
    (loss_of_d(d, real, fake) + loss_of_g(d, fake)).backward()
    torch.testing.assert_close(d.weight.grad, own + of_g)
    assert torch.cosine_similarity(on_fakes, of_g).item() < -0.99


def test_one_network_after_the_other():
    """A GAN that scales, backpropagates, and steps one network after the other trains as it does without a scaler."""
    results = []
    for scaled, updates in (False, 1), (True, 1), (True, 2):
        g, d, opt_g, opt_d = gan()
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=2, enabled=scaled)
        for step in range(4):
            real, z = torch.full((4, 3), 2.0), torch.ones(4, 2) * step
            opt_d.zero_grad()
            scaler.scale(loss_of_d(d, real, g(z))).backward()
            scaler.step(opt_d)
            if updates == 2:  # no gradient waits for its step here
                scaler.update()
            opt_g.zero_grad()
            scaler.scale(loss_of_g(d, g(z))).backward()
            scaler.step(opt_g)
            scaler.update()
        results.append(torch.cat([p.detach().flatten() for p in [*g.parameters(), *d.parameters()]]))
    for result in results[1:]:
        torch.testing.assert_close(result, results[0])
