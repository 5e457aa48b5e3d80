"""Proofs of dropout."""

import torch


def test_default(default):
    """Scaling in training, identity in eval."""
    assert abs((default.y == 0).float().mean() - 0.2) < 0.01
    torch.testing.assert_close(default.y.max(), default.x[0] / (1 - 0.2))
    assert torch.equal(default.dropout.eval()(default.x), default.x)
    assert {round(s, 1) for s in default.sums.tolist()} == {0.0, round(3 * 5 / 0.6, 1)}
