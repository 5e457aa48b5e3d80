"""Proofs of fit-validate."""

from torch import nn


def test_default(default):
    """Fit, validate, keep the best epoch."""
    whole = nn.functional.mse_loss(
        default.model(default.x[12:]), default.y[12:]
    ).item()  # in one batch
    assert abs(whole - min(default.history)) < 1e-4 and default.history[-1] > 2 * whole


def test_wrong(wrong):
    """Wrong: the mean of batch means."""
    assert wrong.total / wrong.count == (1 + 1 + 7) / 3


def test_right(right):
    """Right: weigh by batch size."""
    assert right.total / right.count == (4 * 1 + 7) / 5


def test_references(references):
    """state_dict() without a copy follows the model."""
    assert references.kept["weight"].tolist() == [[3 - 0.5 * 1, 3 - 0.5 * 4]]
    assert references.copied["weight"].tolist() == [[3, 3]]
