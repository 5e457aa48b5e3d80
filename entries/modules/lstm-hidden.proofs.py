"""Proofs of lstm-hidden."""

import torch


def test_default(default):
    """The state takes its N from the batch."""
    torch.testing.assert_close(
        default.output, default.lstm(default.last)[0]
    )  # without a state: zeros
    torch.testing.assert_close(default.output[:, -1], default.h[-1])


def test_right_features(right_features):
    """Features last."""
    torch.testing.assert_close(
        right_features.lstm(right_features.x)[0][0], right_features.lstm(right_features.x[0])[0]
    )
