"""Proofs of batch-size."""

import math

import torch
from torch import nn

KEEP = []


def given():
    model = nn.Linear(2, 1)
    return {"torch": torch, "model": model, "batch_size": 256, "old_batch_size": 64, "old_lr": 0.1, "warmup": 4}


def test_answer(answer):
    """Four times the batch: four times the lr for SGD; the ramp reaches it after the warmup."""
    assert answer.k == 4 and answer.lr == 0.1 * 4
    rates = []
    for _ in range(6):
        rates.append(answer.optimizer.param_groups[0]["lr"])
        answer.optimizer.step()
        answer.scheduler.step()
    assert all(math.isclose(r, 0.4 * f) for r, f in zip(rates, [0.25, 0.5, 0.75, 1, 1, 1], strict=True))


def test_default(default):
    """With the old lr a larger batch learns less per epoch; with k times the lr it learns alike; with far too large an lr it diverges."""
    small, same_lr, scaled, huge = [default.train(*pair) for pair in [(16, 0.002), (256, 0.002), (256, 0.032), (1024, 1.0)]]
    assert same_lr > 4 * small
    assert abs(scaled - small) < 0.05 * small
    assert huge > same_lr
    x, y = default.x.double(), default.y.double()
    torch.manual_seed(1)
    fresh = nn.Linear(10, 1)
    w, b = fresh.weight.detach().double().T, fresh.bias.detach().double()
    for _ in range(2):
        for i in range(0, 2048, 256):
            error = x[i : i + 256] @ w + b - y[i : i + 256]
            w, b = w - 0.032 * 2 * (x[i : i + 256].T @ error) / 256, b - 0.032 * 2 * error.mean()
    assert math.isclose(scaled, ((x @ w + b - y) ** 2).mean().item(), rel_tol=1e-4)


def test_noise(noise):
    """The gradient of a random batch has the mean of the whole data, and a standard deviation that falls as 1/sqrt(B)."""
    each = 2 * (noise.w * noise.x - noise.y) * noise.x
    for B in (4, 64):
        g = torch.stack([noise.gradient(B) for _ in range(1500)])
        assert abs(g.mean() - each.mean()) < 4 * each.std() / math.sqrt(1500 * B)
        assert abs(g.std() / (each.std() / math.sqrt(B)) - 1) < 0.12


def test_warmup(warmup):
    """The batch that counts is batch size times processes times accumulated batches."""
    assert warmup.k == 64 * 8 * 2 / 256 == 4
    assert math.isclose(warmup.optimizer.param_groups[0]["lr"], 0.4)


def test_one_large_step():
    """k SGD steps of lr on parts of a batch and one step of k * lr on the whole differ only by the order of lr squared."""
    torch.manual_seed(0)
    x, y = torch.randn(64, 5, dtype=torch.float64), torch.randn(64, 1, dtype=torch.float64)

    def descend(batches, lr):
        w = torch.zeros(5, 1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=lr)
        for a, b in batches:
            optimizer.zero_grad()
            nn.functional.mse_loss(a @ w, b).backward()
            optimizer.step()
        return w.detach()

    parts = list(zip(x.split(16), y.split(16), strict=True))
    gaps = [(descend(parts, lr) - descend([(x, y)], 4 * lr)).norm().item() for lr in (1e-3, 1e-4)]
    assert 80 < gaps[0] / gaps[1] < 120
    assert gaps[1] < 0.01 * descend(parts, 1e-4).norm()


def test_the_limit_is_the_curvature():
    """Gradient descent on the mean squared error converges below 2 / (largest eigenvalue) and diverges above, at any batch size."""
    torch.manual_seed(0)
    row = torch.tensor([[1.0, 2.0], [2.0, -1.0], [0.5, 0.5]], dtype=torch.float64)
    top = torch.linalg.eigvalsh(2 * row.T @ row / 3).max().item()
    for copies in (1, 10, 1000):
        x = row.repeat(copies, 1)
        y = x @ torch.tensor([[1.0], [-3.0]], dtype=torch.float64)
        for lr, converges in ((0.95 * 2 / top, True), (1.05 * 2 / top, False)):
            w = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
            optimizer = torch.optim.SGD([w], lr=lr)
            for _ in range(300):
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(x @ w, y)
                loss.backward()
                optimizer.step()
            assert (loss.item() < 1e-8) is converges and (loss.item() > 1e4) is not converges


def test_sum_grows_with_the_batch():
    """With reduction="sum", the gradient of a batch repeated k times is k times as large; with "mean" it is the same."""
    x, y = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.0, 1.0, 5.0])
    for reduction, factor in (("mean", 1), ("sum", 4)):
        grads = []
        for k in (1, 4):
            w = torch.tensor(0.5, requires_grad=True)
            nn.functional.mse_loss(w * x.repeat(k), y.repeat(k), reduction=reduction).backward()
            grads.append(w.grad.item())
        assert math.isclose(grads[1], factor * grads[0], rel_tol=1e-6)


def test_adam_divides_by_the_size():
    """The first step of Adam is lr for gradients of 1 and of 50, that of SGD is proportional to the gradient."""
    moves = {}
    for name, make in (("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)):
        for scale in (1.0, 50.0):
            w = torch.zeros(1, requires_grad=True)
            optimizer = make([w], lr=0.01)
            (scale * w).sum().backward()
            optimizer.step()
            moves[name, scale] = w.item()
    assert math.isclose(moves["adam", 1.0], -0.01, rel_tol=1e-5)
    assert math.isclose(moves["adam", 50.0], -0.01, rel_tol=1e-5)
    assert math.isclose(moves["sgd", 50.0], 50 * moves["sgd", 1.0], rel_tol=1e-5)


def test_ddp_averages(in_ranks):
    """DDP averages the gradients of its processes, so two batches of 3 make the gradient of one batch of 6."""

    def work(rank):
        model = nn.Linear(1, 1, bias=False)
        nn.init.ones_(model.weight)
        model = nn.parallel.DistributedDataParallel(model)
        KEEP.append(model)
        x = torch.tensor([[1.0], [2.0], [3.0]]) + 3 * rank
        nn.functional.mse_loss(model(x), torch.zeros(3, 1)).backward()
        return model.module.weight.grad.item()

    whole = sum(2 * v * v for v in range(1, 7)) / 6
    assert all(math.isclose(g, whole, rel_tol=1e-6) for g in in_ranks(work))


def test_batchnorm_sees_the_small_batch():
    """Two accumulated batches of 2 pass BatchNorm otherwise than one batch of 4."""
    x = torch.tensor([[1.0], [3.0], [10.0], [30.0]])
    norm = nn.BatchNorm1d(1, affine=False)
    halves = torch.cat([norm(part) for part in x.split(2)])
    torch.testing.assert_close(halves.flatten(), torch.tensor([-1.0, 1.0, -1.0, 1.0]), atol=1e-4, rtol=0)
    assert (norm(x) - halves).abs().max() > 0.4


def test_small_batches_diverge_earlier():
    """With the same lr, small batches can diverge where large ones converge, or end at a higher loss."""
    torch.manual_seed(0)
    x = torch.randn(2048, 10)
    y = x @ torch.randn(10, 1) + 0.5 * torch.randn(2048, 1)

    def train(size, lr, epochs=4):
        torch.manual_seed(1)
        model = nn.Linear(10, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(epochs):
            for xb, yb in zip(x.split(size), y.split(size), strict=True):
                optimizer.zero_grad()
                nn.functional.mse_loss(model(xb), yb).backward()
                optimizer.step()
        return nn.functional.mse_loss(model(x), y).item()

    assert not train(8, 0.5) < 1e6 and train(256, 0.5) < 0.3
    assert train(256, 0.1) < train(8, 0.1)
    assert train(256, 0.002) > train(8, 0.002) + 1
