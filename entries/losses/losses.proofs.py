"""Proofs of losses."""

import math
import torch


def test_default(default):
    """Four tasks, what goes in, what comes out."""
    log_sum = [math.log(sum(map(math.exp, row))) for row in default.logits.tolist()]
    expected = ((log_sum[0] - 2.0) + (log_sum[1] - 0.0)) / 2
    assert math.isclose(default.losses["cross_entropy"], expected, rel_tol=1e-5)
    signs = 2 * default.any_of - 1  # -log sigmoid(z) for a one, -log sigmoid(-z) for a zero
    by_hand = (1 + (-signs * default.logits).exp()).log().mean()
    torch.testing.assert_close(default.losses["bce_with_logits"], by_hand)
    assert math.isclose(default.losses["mse"], (0.5**2 + 6**2) / 6, rel_tol=1e-6)
    assert math.isclose(default.losses["smooth_l1"], (0.5**2 / 2 + 6 - 0.5) / 6, rel_tol=1e-6)
