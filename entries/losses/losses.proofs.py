"""Proofs of losses."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "F": F, "logits": torch.randn(4, 3), "y": torch.tensor([2, 0, 1, 1]), "t": (torch.rand(4, 3) > 0.5).float(),
        "pred": torch.randn(4, 1), "target": torch.randn(4, 1),
    }  # fmt: skip


def nll(row, c):
    return math.log(sum(map(math.exp, row))) - row[c]


def bce(logits, t):
    pairs = list(zip(logits.flatten().tolist(), t.flatten().tolist(), strict=True))
    return sum(math.log1p(math.exp(-z if y else z)) for z, y in pairs) / len(pairs)


def mse(pred, target):
    pairs = list(zip(pred.flatten().tolist(), target.flatten().tolist(), strict=True))
    return sum((p - t) ** 2 for p, t in pairs) / len(pairs)


def test_answer(answer):
    """cross_entropy takes int64 classes, the binary loss float labels, and mse_loss numbers of the same shape."""
    by_hand = sum(nll(row, c) for row, c in zip(answer.logits.tolist(), answer.y.tolist(), strict=True)) / 4
    assert math.isclose(answer.class_loss.item(), by_hand, rel_tol=1e-5)
    assert math.isclose(answer.label_loss.item(), bce(answer.logits, answer.t), rel_tol=1e-5)
    assert math.isclose(answer.number_loss.item(), mse(answer.pred, answer.target), rel_tol=1e-5)


def test_default(default):
    """smooth_l1_loss is linear for large errors, so an outlier counts less than in mse_loss."""
    rows = default.logits.tolist()
    assert math.isclose(F.cross_entropy(default.logits, default.one_of), (nll(rows[0], 0) + nll(rows[1], 2)) / 2, rel_tol=1e-5)
    loss = F.binary_cross_entropy_with_logits(default.logits, default.any_of)
    assert math.isclose(loss, bce(default.logits, default.any_of), rel_tol=1e-5)
    assert F.mse_loss(default.pred, default.target) == (0.5**2 + 6**2) / 2
    assert F.smooth_l1_loss(default.pred, default.target) == (0.5**2 / 2 + 6 - 0.5) / 2


def test_classes_compute_the_same(default):
    """nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.MSELoss, and nn.SmoothL1Loss compute what the functions do."""
    z, n = default.logits, default.pred
    assert nn.CrossEntropyLoss()(z, default.one_of) == F.cross_entropy(z, default.one_of)
    assert nn.BCEWithLogitsLoss()(z, default.any_of) == F.binary_cross_entropy_with_logits(z, default.any_of)
    assert nn.MSELoss()(n, default.target) == F.mse_loss(n, default.target)
    assert nn.SmoothL1Loss()(n, default.target) == F.smooth_l1_loss(n, default.target)


def test_softmax_twice(wrong):
    """With softmax before cross_entropy, a perfect prediction of C classes costs log(e + C - 1) - 1."""
    assert math.isclose(wrong.loss.item(), math.log(math.e + 2) - 1, rel_tol=1e-3)
    assert round(wrong.loss.item(), 2) == 0.55


def test_right(right):
    """cross_entropy of confident and right logits is close to 0."""
    assert right.loss < 1e-3 and right.y.tolist() == right.logits.argmax(dim=1).tolist()


def test_sigmoid_twice():
    """With sigmoid before binary_cross_entropy_with_logits, a perfect prediction costs at least 0.31."""
    perfect, t = torch.tensor([50.0, -50.0]), torch.tensor([1.0, 0.0])
    assert F.binary_cross_entropy_with_logits(perfect, t) < 1e-6
    assert F.binary_cross_entropy_with_logits(perfect.sigmoid(), t) > 0.31


def test_mse_broadcasts():
    """mse_loss broadcasts (N, 1) against (N,) to (N, N), and only warns."""
    pred, target = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 2.0, 4.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert F.mse_loss(pred, target, reduction="none").shape == (3, 3)
    assert "different to the input size" in str(caught[0].message)
    assert F.mse_loss(pred.squeeze(1), target) == 0


def test_binary_targets_are_float(raises):
    """binary_cross_entropy_with_logits rejects integer targets and targets of another shape."""
    with raises(RuntimeError, "result type Float can't be cast to"):
        F.binary_cross_entropy_with_logits(torch.zeros(3, 2), torch.ones(3, 2, dtype=torch.int64))
    with raises(ValueError, "must be the same as input size"):
        F.binary_cross_entropy_with_logits(torch.zeros(3, 1), torch.ones(3))
