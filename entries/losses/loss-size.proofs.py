"""Proofs of loss-size."""

import math
import subprocess
import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"model": nn.Linear(3, 1), "criterion": nn.MSELoss(), "x": torch.randn(4, 3), "y": torch.tensor([1, 0, 2, 5])}


def bce(logits, targets):
    """By hand: a one costs log(1 + e^-z), a zero log(1 + e^z)."""
    costs = [math.log1p(math.exp(-z if y else z)) for z, y in zip(logits.tolist(), targets.tolist(), strict=True)]
    return sum(costs) / len(costs)


def test_answer(answer):
    """squeeze(1) makes (N, 1) into (N,), and each prediction meets its own target; BCE and L1 take the same pair."""
    assert answer.pred.shape == (4,)
    squares = [(p - t) ** 2 for p, t in zip(answer.pred.tolist(), [1, 0, 2, 5], strict=True)]
    torch.testing.assert_close(answer.loss.item(), sum(squares) / 4)
    for criterion in nn.L1Loss(), nn.BCEWithLogitsLoss():
        assert criterion(answer.pred, answer.y.float()).shape == ()


def test_default(default):
    """After squeeze(1), the loss of a binary classifier is the mean over the samples."""
    torch.testing.assert_close(default.loss.item(), bce(default.pred.detach(), default.y))
    assert default.y.tolist() == [int(sum(row) > 0) for row in default.x.tolist()]
    assert default.loss < 0.3


def test_mask(mask):
    """Bilinear interpolation gives the logits the height and width of the mask."""
    assert mask.logits.shape == (2, 1, 16, 12) and mask.mask.shape == (2, 16, 12)
    torch.testing.assert_close(mask.loss.item(), bce(mask.logits.flatten(), mask.mask.flatten()))


def test_right(right):
    """(N,) against (N,) gives the mean over N."""
    torch.testing.assert_close(right.loss.item(), bce(torch.tensor([2.0, -1.0, 0.5]), right.y))


def test_right_mse(right_mse):
    """With the same shape, one wrong prediction of three costs its square over three."""
    torch.testing.assert_close(right_mse.loss.item(), (5 - 6) ** 2 / 3)


def test_unsqueeze():
    """y.unsqueeze(1) gives the same loss as pred.squeeze(1)."""
    pred, y = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1.0, 0.0, 0.0])
    assert F.binary_cross_entropy_with_logits(pred, y.unsqueeze(1)) == F.binary_cross_entropy_with_logits(
        pred.squeeze(1), y
    )


def test_class_indices(raises):
    """Predictions (N, C) against class indices (N,) raise in BCE; one-hot targets and cross_entropy work."""
    pred, y = torch.zeros(4, 3), torch.tensor([0, 2, 1, 1])
    with raises(ValueError, "Target size (torch.Size([4])) must be the same as input size (torch.Size([4, 3]))"):
        F.binary_cross_entropy_with_logits(pred, y.float())
    assert F.binary_cross_entropy_with_logits(pred, F.one_hot(y, 3).float()) > 0
    assert F.cross_entropy(pred, y) > 0


def test_who_warns():
    """mse_loss, l1_loss, smooth_l1_loss, and huber_loss warn; a hand-written mean of squares does not."""
    pred, y = torch.ones(3, 1), torch.ones(3)
    for loss, count in (
        (F.mse_loss, 1), (F.l1_loss, 1), (F.smooth_l1_loss, 1), (F.huber_loss, 1),
        (lambda a, b: ((a - b) ** 2).mean(), 0),
    ):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            loss(pred, y)
        assert len(seen) == count


def test_one_constant():
    """With (N, 1) against (N,), mse_loss is the mean over all N * N pairs, and its best answer is the mean of y."""
    y = torch.tensor([1.0, 2.0, 6.0])
    pred = nn.Parameter(torch.tensor([[1.0], [2.0], [5.0]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = F.mse_loss(pred, y)
        torch.testing.assert_close(loss.item(), sum((p - t) ** 2 for p in (1, 2, 5) for t in (1, 2, 6)) / 9)
        optimizer = torch.optim.SGD([pred], lr=0.5)
        for _ in range(50):
            optimizer.zero_grad()
            F.mse_loss(pred, y).backward()
            optimizer.step()
    torch.testing.assert_close(pred.detach(), torch.full((3, 1), 3.0))


def test_bare_squeeze(raises):
    """A prediction (1, 1) stays (1,) with squeeze(1) and becomes a scalar with squeeze()."""
    pred, y = torch.zeros(1, 1), torch.ones(1)
    assert F.binary_cross_entropy_with_logits(pred.squeeze(1), y) > 0
    with raises(ValueError, "must be the same as input size (torch.Size([]))"):
        F.binary_cross_entropy_with_logits(pred.squeeze(), y)


def test_only_this_warning_becomes_an_error():
    """-W "error:Using a target size" stops at the loss, and not at another warning before it."""
    program = (
        "import warnings; warnings.warn('another')\n"
        "import torch\n"
        "torch.nn.functional.mse_loss(torch.rand(3, 1), torch.rand(3))\n"
    )
    command = [sys.executable, "-W", "error:Using a target size", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "line 3" in done.stderr and "UserWarning: Using a target size" in done.stderr
    assert "UserWarning: another" in done.stderr.splitlines()[0]


def test_interpolate_before_squeeze(raises):
    """interpolate to (H, W) takes logits (N, 1, h, w), and raises for (N, h, w)."""
    logits = torch.zeros(2, 1, 4, 3)
    with raises(ValueError, "Input and output must have the same number of spatial dimensions"):
        F.interpolate(logits.squeeze(1), size=(8, 6))
    assert F.interpolate(logits, size=(8, 6)).squeeze(1).shape == (2, 8, 6)
