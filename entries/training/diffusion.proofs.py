"""Proofs of diffusion."""

import math

import torch
import torch.nn.functional as F


def bars(betas):
    """The running product of 1 - beta in plain Python."""
    out, product = [], 1.0
    for b in betas:
        product *= 1 - b
        out.append(product)
    return out


def line(start, end, n):
    return [start + (end - start) * i / (n - 1) for i in range(n)]


def given():
    torch.manual_seed(0)
    return {"torch": torch, "F": F, "x": torch.rand(6, 2, 3, 4) * 2 - 1, "model": lambda x, t: 0.5 * x}


def test_answer(answer):
    """The noisy sample is sqrt(alpha_bar[t]) x + sqrt(1 - alpha_bar[t]) noise, and the target is the noise."""
    expected = bars(line(1e-4, 0.02, 1000))
    torch.testing.assert_close(answer.alpha_bar, torch.tensor(expected), rtol=1e-3, atol=1e-6)
    total = 0.0
    for i, t in enumerate(answer.t.tolist()):
        noisy = math.sqrt(expected[t]) * answer.x[i] + math.sqrt(1 - expected[t]) * answer.noise[i]
        torch.testing.assert_close(answer.noisy[i], noisy, rtol=1e-3, atol=1e-4)
        total += ((0.5 * noisy - answer.noise[i]) ** 2).sum().item()
    assert abs(answer.loss.item() - total / answer.x.numel()) < 1e-3
    assert answer.t.shape == (6,) and answer.t.unique().numel() > 1


def test_default(default):
    """The model learns to predict the noise: its loss falls far below 1, the variance of the noise."""
    assert default.loss < 0.6
    expected = bars(line(1e-4, 0.1, 100))
    torch.testing.assert_close(default.alpha_bar, torch.tensor(expected), rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(default.x.norm(dim=1), torch.ones(256))
    i = 7
    a = expected[default.t[i]]
    noisy = math.sqrt(a) * default.x[i] + math.sqrt(1 - a) * default.noise[i]
    torch.testing.assert_close(default.noisy[i], noisy, rtol=1e-3, atol=1e-4)
    guess = default.net(torch.cat([default.noisy, default.t[:, None] / 100], dim=1))
    assert (guess - default.guess).abs().max() < 0.2
    assert default.x.sign().unique(dim=0).shape == (4, 2)


def test_sample(sample):
    """DDPM sampling with the right noise predictor returns samples with the mean and the spread of the data."""
    torch.manual_seed(0)
    x = sample.sample(sample.model, 1000)
    assert abs(x.mean() - 3) < 0.06 and abs(x.std() - 0.5) < 0.04


def ddim_of(model, alpha_bar, count):
    torch.manual_seed(0)
    x = torch.randn(3000, 1)
    steps = [round(999 - 999 * i / (count - 1)) for i in range(count)]
    for i, t in enumerate(steps):
        eps, a = model(x, torch.full((3000,), t)), alpha_bar[t].item()
        b = alpha_bar[steps[i + 1]].item() if i + 1 < count else 1.0
        x = math.sqrt(b) * (x - math.sqrt(1 - a) * eps) / math.sqrt(a) + math.sqrt(1 - b) * eps
    return x


def test_ddim(ddim):
    """DDIM without fresh noise gives nearly the same distribution in 50 steps; with too few, its spread is off."""
    assert len(ddim.steps) == 50 and ddim.steps[0] == 999 and ddim.steps[-1] == 0
    assert abs(ddim.x.mean() - 3) < 0.08 and abs(ddim.x.std() - 0.5) < 0.06
    spread = [ddim_of(ddim.model, ddim.alpha_bar, n).std().item() for n in (10, 20, 50, 200)]
    assert spread == sorted(spread) and spread[0] < 0.45
    assert abs(ddim.x.std() - spread[2]) < 0.05


def test_the_stand_in_is_the_best_predictor():
    """For data of mean m and variance s², E[noise | noisy] is sqrt(1 - a) (noisy - sqrt(a) m) / (a s² + 1 - a)."""
    torch.manual_seed(0)
    a = torch.tensor(0.6)
    x, noise = 3 + 0.5 * torch.randn(200_000), torch.randn(200_000)
    noisy = a.sqrt() * x + (1 - a).sqrt() * noise
    guess = (1 - a).sqrt() * (noisy - a.sqrt() * 3) / (a * 0.25 + 1 - a)
    best = F.mse_loss(guess, noise)
    for other in (guess * 1.05, guess * 0.95, guess + 0.1, guess - 0.1):
        assert F.mse_loss(other, noise) > best


def test_time_embedding(time_embedding):
    """The embedding holds sin and cos of t at falling rates, from 1 to nearly 1 / 10000."""
    rows = time_embedding.time_embedding(torch.tensor([0, 1, 50]), 6).tolist()
    for t, row in zip((0, 1, 50), rows, strict=True):
        rates = [10000 ** (-i / 3) for i in range(3)]
        expected = [math.sin(t * r) for r in rates] + [math.cos(t * r) for r in rates]
        assert all(abs(u - v) < 1e-3 for u, v in zip(row, expected, strict=True))


def test_few_steps_need_larger_betas():
    """Betas from 1e-4 to 0.02 bring alpha_bar to 0.00004 in 1000 steps, but only to 0.36 in 100."""
    assert abs(bars(line(1e-4, 0.02, 1000))[-1] - 0.00004) < 0.000005
    assert abs(bars(line(1e-4, 0.02, 100))[-1] - 0.36) < 0.01
    assert bars(line(1e-4, 0.1, 100))[-1] < 0.01


def test_without_t_the_loss_is_higher():
    """The best linear guess of the noise per t has a lower error than one guess for all t."""
    torch.manual_seed(0)
    x, noise = torch.randn(2, 50_000).sign(), torch.randn(2, 50_000)
    a = torch.tensor([[0.9], [0.1]])
    noisy = a.sqrt() * x + (1 - a).sqrt() * noise

    def error(u, v):
        slope = (u * v).sum() / (u * u).sum()
        return ((slope * u - v) ** 2).mean()

    per_t = (error(noisy[0], noise[0]) + error(noisy[1], noise[1])) / 2
    assert error(noisy.flatten(), noise.flatten()) > per_t + 0.05


def test_the_shape_of_alpha_bar(raises):
    """A tensor of shape (N,) times (N, C, H, W) broadcasts along the width if W is N, and raises otherwise."""
    a = torch.tensor([0.1, 0.9])
    assert (a * torch.ones(2, 3, 4, 2))[0, 0, 0].tolist() == a.tolist()
    with raises(RuntimeError, "must match"):
        a * torch.ones(2, 3, 4, 5)


def test_no_noise_in_the_last_step(sample):
    """Noise added at t = 0 stays: it raises the variance of the result by betas[0]."""
    torch.manual_seed(0)
    clean = torch.full((100_000,), 3.0)
    again = clean + sample.betas[0].sqrt() * torch.randn(100_000)
    assert clean.std() == 0 and abs(again.var() - 1e-4) < 1e-5


def test_too_few_steps():
    """With data near -1 and 1, five DDIM steps bring the two peaks nearer and make each of them too wide."""
    alpha_bar, centers = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), dim=0), torch.tensor([-1.0, 1.0])

    def model(x, t):  # the best prediction for data of -1 ± 0.1 or 1 ± 0.1
        a = alpha_bar[t].unsqueeze(1)
        away, variance = x - a.sqrt() * centers, a * 0.01 + 1 - a
        share = (-(away**2) / (2 * variance)).softmax(dim=1)
        return (share * (1 - a).sqrt() * away / variance).sum(dim=1, keepdim=True)

    few, many = ddim_of(model, alpha_bar, 5), ddim_of(model, alpha_bar, 200)
    assert abs(many.std() - 1) < 0.02 and abs(many[many > 0].std() - 0.1) < 0.01
    assert few.std() < 0.8 and few[few > 0].std() > 0.2
