"""Proofs of huber-loss."""

import warnings

import torch
import torch.nn.functional as F


def huber(d, delta):
    return 0.5 * d * d if abs(d) < delta else delta * (abs(d) - 0.5 * delta)


def given():
    return {"F": F, "pred": torch.tensor([0.2, 3.0, -4.0]), "target": torch.tensor([0.0, 1.0, 0.0])}


def test_answer(answer):
    """Huber is 0.5 d² below delta and delta (|d| - 0.5 delta) above, averaged."""
    expected = sum(huber(d, 0.5) for d in (0.2, 2, -4)) / 3
    assert abs(answer.loss.item() - expected) < 1e-6


def test_equal_by_default():
    """With delta = beta = 1, the defaults, Huber and smooth L1 are equal."""
    pred, target = torch.tensor([0.2, 3.0, -4.0]), torch.tensor([0.0, 1.0, 0.0])
    expected = (0.5 * 0.2**2 + (2 - 0.5) + (4 - 0.5)) / 3
    assert abs(F.huber_loss(pred, target).item() - expected) < 1e-6
    assert F.huber_loss(pred, target) == F.smooth_l1_loss(pred, target)


def test_default(default):
    """Huber finds the line in spite of the outlier that tilts the line of MSE."""
    assert abs(default.slope - 2) < 0.1
    x = default.x - default.x.mean()
    tilted = (x * default.y).sum() / (x * x).sum()  # least squares by the formula
    assert tilted > 4


def test_values(values):
    """Near the target the slope is d for Huber and d / beta for smooth L1; far from it delta and 1."""
    x = values.pred.tolist()
    assert F.huber_loss(values.pred, values.target, delta=2.0, reduction="none").tolist() == [huber(d, 2) for d in x]
    assert values.smooth.tolist() == [huber(d, 2) / 2 for d in x]
    assert values.huber.tolist() == [huber(d, 2) for d in x]
    assert values.slopes.tolist() == [0.25, 0.5, 1, -1]
    (slopes,) = torch.autograd.grad(F.huber_loss(values.pred, values.target, delta=2.0, reduction="sum"), values.pred)
    assert slopes.tolist() == [0.5, 1, 2, -2]


def test_huber_is_delta_times_smooth_l1():
    """huber_loss(delta=d) is d times smooth_l1_loss(beta=d)."""
    torch.manual_seed(0)
    pred, target = torch.randn(50) * 3, torch.randn(50)
    for d in 0.1, 0.5, 1.0, 4.0:
        torch.testing.assert_close(
            F.huber_loss(pred, target, delta=d), d * F.smooth_l1_loss(pred, target, beta=d)
        )


def test_limits():
    """For beta near 0 smooth L1 is L1, and for a large delta Huber is half of MSE."""
    torch.manual_seed(0)
    pred, target = torch.randn(50), torch.randn(50)
    torch.testing.assert_close(F.smooth_l1_loss(pred, target, beta=1e-6), F.l1_loss(pred, target))
    torch.testing.assert_close(F.huber_loss(pred, target, delta=1e3), F.mse_loss(pred, target) / 2)


def test_zero_is_l1(raises):
    """huber_loss rejects delta=0; smooth_l1_loss with beta=0 is L1."""
    pred, target = torch.tensor([0.5, -3.0]), torch.zeros(2)
    with raises(RuntimeError, "huber_loss does not support non-positive values for delta."):
        F.huber_loss(pred, target, delta=0.0)
    assert F.smooth_l1_loss(pred, target, beta=0.0) == F.l1_loss(pred, target) == 1.75


def test_shapes_broadcast():
    """(N, 1) against (N,) broadcasts to (N, N), with a warning."""
    pred, target = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0.0, 1.0, 2.0])
    for loss_fn in F.huber_loss, F.smooth_l1_loss:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loss = loss_fn(pred, target, reduction="none")
        assert loss.shape == (3, 3) and "broadcast" in str(caught[0].message)
        assert loss_fn(pred.squeeze(1), target) == 0


def test_mean_median_and_clipped_errors():
    """MSE is smallest at the mean of the targets, L1 at their median, Huber where the clipped errors sum to zero."""
    targets = torch.tensor([0.0, 1.8, 2.0, 3.0, 20.0])
    candidates = torch.arange(0, 8, 0.01)
    lowest = {}
    for loss_fn in F.mse_loss, F.l1_loss, F.huber_loss:
        losses = [loss_fn(c.expand(5), targets) for c in candidates]
        lowest[loss_fn.__name__] = candidates[torch.stack(losses).argmin()].item()
    assert abs(lowest["mse_loss"] - 5.36) < 0.02 and abs(lowest["l1_loss"] - 2) < 0.02
    assert abs((lowest["huber_loss"] - targets).clamp(-1, 1).sum()) < 0.03
    targets = torch.tensor([0.5, -2.2, 0.3, -1.0, -0.5])  # here it does not lie between them
    best = torch.tensor(-0.425)
    assert abs((best - targets).clamp(-1, 1).sum()) < 1e-5 and best > targets.median() > targets.mean()
    assert all(F.huber_loss(best.expand(5), targets) < F.huber_loss(c.expand(5), targets) for c in (best + 0.05, best - 0.05))


def test_large_targets():
    """For errors in the hundreds, Huber with delta 1 differs from L1 by less than 1 %."""
    pred, target = torch.tensor([1500.0, 4000.0]), torch.tensor([1700.0, 3700.0])
    assert abs(F.huber_loss(pred, target) / F.l1_loss(pred, target) - 1) < 1e-2
