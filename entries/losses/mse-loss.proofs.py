"""Proofs of mse-loss."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"F": F, "model": nn.Linear(3, 1), "x": torch.randn(4, 3), "y": torch.tensor([1, 0, 2, 5])}


def test_answer(answer):
    """The loss is the mean of the squared differences, and its root has the units of y."""
    squares = [(p - t) ** 2 for p, t in zip(answer.pred.tolist(), [1, 0, 2, 5], strict=True)]
    torch.testing.assert_close(answer.loss.item(), sum(squares) / 4)
    torch.testing.assert_close(answer.rmse.item(), math.sqrt(sum(squares) / 4))
    assert not answer.rmse.requires_grad


def test_default(default):
    """Gradient descent on the mean squared error finds the slope and the intercept of a line."""
    slope, intercept = default.model.weight.item(), default.model.bias.item()
    assert abs(slope - 3) < 0.1 and abs(intercept - 0.5) < 0.01
    assert default.y.tolist() == (default.x.flatten() * 3 + 0.5).tolist() and len(default.y) == 20


def test_outlier(outlier):
    """The gradient of mse_loss grows with the error, that of smooth_l1_loss and l1_loss does not exceed 1 / n."""
    d = torch.tensor([-0.5, 0.0, 1.0, -20.0])
    expected = {"mse_loss": 2 * d / 4, "smooth_l1_loss": d.clamp(-1, 1) / 4, "l1_loss": d.sign() / 4}
    for name, gradient in expected.items():
        pred = torch.tensor([1.0, 2.0, 4.0, 3.0], requires_grad=True)
        getattr(F, name)(pred, outlier.y).backward()
        torch.testing.assert_close(pred.grad, gradient)
    assert outlier.name == "l1_loss"


def test_huber_limits_the_gradient():
    """huber_loss limits the gradient of each element to delta / n."""
    pred = torch.tensor([0.0, 0.0], requires_grad=True)
    F.huber_loss(pred, torch.tensor([0.1, -100.0]), delta=0.5).backward()
    torch.testing.assert_close(pred.grad, torch.tensor([-0.1, 0.5]) / 2)


def test_weighted(weighted):
    """Dividing by the sum of the weights makes a weighted mean, and a weight of 0 leaves a sample out."""
    assert weighted.loss == (1 * 1 + 3 * 4) / 4
    torch.testing.assert_close(F.mse_loss(weighted.pred, weighted.y, weight=weighted.weight), weighted.loss)


def test_wrong(wrong):
    """(N, 1) minus (N,) compares every prediction with every target."""
    pairs = [(p - t) ** 2 for p in (1, 2, 6) for t in (1, 2, 6)]
    assert wrong.error.shape == (3, 3)
    torch.testing.assert_close(wrong.error.square().mean().item(), sum(pairs) / 9)


def test_right(right):
    """With the same shape, a perfect prediction has loss 0."""
    assert right.error.tolist() == [0, 0, 0] and right.pred.shape == (3, 1)


def test_all_elements():
    """The mean is over all elements: a target of (2, 3) divides by 6."""
    pred, y = torch.zeros(2, 3), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    torch.testing.assert_close(nn.MSELoss()(pred, y).item(), (1 + 4 + 9 + 16 + 25 + 36) / 6)


def test_best_constants():
    """The best constant is the mean for mse_loss and the median for l1_loss."""
    y = torch.tensor([1.0, 2.0, 6.0])
    grid = [i / 100 for i in range(0, 701)]
    best = {f: min(grid, key=lambda c: f(torch.full((3,), c), y).item()) for f in (F.mse_loss, F.l1_loss)}
    assert best == {F.mse_loss: 3.0, F.l1_loss: 2.0}


def test_one_outlier_outweighs():
    """One label that is off by 100 weighs as much as 10,000 that are off by 1."""
    off = F.mse_loss(torch.zeros(1), torch.full((1,), 100.0), reduction="sum")
    assert off == F.mse_loss(torch.zeros(10_000), torch.ones(10_000), reduction="sum")


def test_only_the_function_warns():
    """For (N, 1) against (N,), F.mse_loss warns and a hand-written mean of squares does not."""
    pred, y = torch.ones(3, 1), torch.ones(3)
    for function, count in ((F.mse_loss, 1), (lambda a, b: ((a - b) ** 2).mean(), 0)):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            function(pred, y)
        assert len(seen) == count
        assert all("incorrect results due to broadcasting" in str(w.message) for w in seen)


def test_the_model_learns_the_mean():
    """With (N, 1) against (N,), the best prediction for every sample is the mean of the targets."""
    pred = nn.Parameter(torch.tensor([[1.0], [2.0], [6.0]]))
    y = torch.tensor([1.0, 2.0, 6.0])
    optimizer = torch.optim.SGD([pred], lr=0.5)
    for _ in range(50):
        optimizer.zero_grad()
        (pred - y).square().mean().backward()
        optimizer.step()
    torch.testing.assert_close(pred.detach(), torch.full((3, 1), 3.0))


def test_gradient_of_the_root():
    """The gradient of the root is NaN where the loss is exactly 0, and that of the loss is 0."""
    pred = torch.tensor([1.0, 2.0], requires_grad=True)
    F.mse_loss(pred, pred.detach()).sqrt().backward()
    assert pred.grad.isnan().all()
    pred.grad = None
    F.mse_loss(pred, pred.detach()).backward()
    assert pred.grad.tolist() == [0, 0]


def test_float64_targets(raises):
    """float64 targets make the loss float64; huber_loss raises in backward()."""
    pred, y = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 3.0], dtype=torch.float64)
    assert F.mse_loss(pred, y).dtype == torch.float64
    loss = F.huber_loss(pred, y)
    with raises(RuntimeError, "Found dtype Double but expected Float"):
        loss.backward()
    F.huber_loss(pred, y.float()).backward()
    assert pred.grad.tolist() == [0, -0.5]


def test_integers_raise(raises):
    """Two integer tensors raise."""
    with raises(RuntimeError, "not implemented for 'Long'"):
        F.mse_loss(torch.tensor([1, 2]), torch.tensor([1, 3]))
