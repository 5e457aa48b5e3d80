"""Proofs of where."""

import torch


def test_default(default):
    """A piecewise function, and indices."""
    assert torch.equal(default.leaky, torch.nn.functional.leaky_relu(default.x, 0.1))
    torch.testing.assert_close(default.leaky, torch.tensor(default.ternary))
    assert torch.equal(default.x[default.rows, default.columns], default.x[default.x > 0])


def test_right(right):
    """Make the input safe, then choose."""
    assert right.x.grad.isfinite().all(), (
        f"y is {right.y.tolist()}, the gradient {right.x.grad.tolist()}"
    )
    assert right.x.grad[1] == 1 / (2 * 4**0.5)
