"""Proofs of hyperparameter-search."""

import math
import random

import torch
from torch import nn


def given():
    def train(lr, width):
        return float("nan") if lr > 0.05 else abs(math.log10(lr) + 3) + width / 1000

    return {"random": random, "train": train}


def test_answer(answer):
    """The loop returns the finite trial with the smallest loss, and its settings."""
    rng = random.Random(0)
    drawn = [(10 ** (-5 + 4 * rng.random()), rng.choice([64, 128, 256])) for _ in range(30)]
    losses = [answer.train(*setting) for setting in drawn]
    kept = [(loss, *setting) for loss, setting in zip(losses, drawn, strict=True) if loss == loss]
    assert 20 < len(kept) < 30
    torch.testing.assert_close(answer.results, kept)
    assert answer.loss == min(loss for loss in losses if loss == loss)
    assert answer.train(answer.lr, answer.width) == answer.loss


def test_default(default):
    """With the same seed at the start of each trial, a setting gives the same loss in any order of the trials."""
    first = default.train(0.01, 8)
    default.train(0.1, 32)
    assert default.train(0.01, 8) == first
    assert default.train(0.01, 32) != first
    assert all(1e-4 <= lr <= 1 and width in (2, 32) for lr, width in default.trials)


def test_default_by_hand(default):
    """The validation loss is that of rows that took no part in training."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 7), nn.ReLU(), nn.Linear(7, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        error = model(default.x[:200]) - default.y[:200]
        grads = torch.autograd.grad(error.square().mean(), list(model.parameters()))
        for p, grad in zip(model.parameters(), grads, strict=True):
            p.grad = grad
        optimizer.step()
    expected = (model(default.x[200:]) - default.y[200:]).square().mean().item()
    torch.testing.assert_close(default.train(0.02, 7), expected, rtol=1e-3, atol=1e-5)


def test_halving(halving):
    """Halving leaves the learning rate that fits best, after twice as many steps in each round."""
    (lr, model, _), left = halving.runs[0], len(halving.runs)
    assert left == 1 and halving.steps == 5 * 2**3
    assert 0.01 < lr < 1
    error = (model(halving.x[30:]) - halving.y[30:]).square().mean()
    assert error < 0.1


BY_HAND = [((1 - 18 * lr) ** (2 * 199), lr) for lr in (0.0005, 0.001)]  # (3 w - 2)**2 after 199 steps


def test_min_with_nan(wrong):
    """min() returns NaN if the diverged trial comes first."""
    assert math.isnan(wrong.results[0][0]) and wrong.results[0][1] == 0.5
    torch.testing.assert_close(wrong.results[1:], BY_HAND, rtol=1e-3, atol=1e-6)
    assert math.isnan(min(wrong.results)[0])
    assert math.isnan(min([float("nan"), 1.0])) and min([1.0, float("nan")]) == 1.0


def test_right(right):
    """Without the diverged trial, min() is the best of the rest."""
    torch.testing.assert_close(right.results, BY_HAND, rtol=1e-3, atol=1e-6)
    assert min(right.results) == right.results[1]


def test_a_shared_model_goes_on_learning():
    """Trials that share a model are better the later they come, with equal settings."""
    torch.manual_seed(0)
    x = torch.randn(30, 4)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])
    shared, losses = nn.Linear(4, 1), []
    for _ in range(3):
        optimizer = torch.optim.SGD(shared.parameters(), lr=0.01)
        for _ in range(10):
            optimizer.zero_grad()
            loss = (shared(x) - y).square().mean()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] > losses[1] > losses[2]


def test_the_best_of_many_is_too_good():
    """Of 50 models that guess, the best on 20 validation samples looks good there and guesses on new samples."""
    torch.manual_seed(0)
    labels, new = torch.randint(2, (20,)), torch.randint(2, (20_000,))
    right = (torch.randint(2, (50, 20)) == labels).float().mean(dim=1)
    assert right.max() >= 0.7
    assert abs((torch.randint(2, (20_000,)) == new).float().mean() - 0.5) < 0.02


def test_draw_the_exponent():
    """uniform(1e-5, 1e-1) puts 90 % of the draws above 0.01, and 10 ** uniform(-5, -1) puts a quarter there."""
    rng = random.Random(0)
    plain = [rng.uniform(1e-5, 1e-1) > 0.01 for _ in range(20_000)]
    log = [10 ** rng.uniform(-5, -1) > 0.01 for _ in range(20_000)]
    assert abs(sum(plain) / 20_000 - 0.9) < 0.01
    assert abs(sum(log) / 20_000 - 0.25) < 0.01


def test_random_tries_more_values():
    """Nine trials try 3 learning rates on a 3 x 3 grid, and 9 when they are drawn at random."""
    rng = random.Random(0)
    grid = [(lr, width) for lr in (1e-4, 1e-3, 1e-2) for width in (4, 8, 32)]
    drawn = [(10 ** rng.uniform(-4, -2), rng.choice([4, 8, 32])) for _ in range(9)]
    assert len(grid) == len(drawn) == 9
    assert (len({lr for lr, _ in grid}), len({lr for lr, _ in drawn})) == (3, 9)
