"""Proofs of loss-masking."""

import torch


def test_default(default):
    """Padded tokens with ignore_index."""
    log_p = default.logits.detach().log_softmax(2)
    picked = log_p[0, 0, 3] + log_p[0, 1, 1] + log_p[0, 2, 0] + log_p[1, 0, 2]
    torch.testing.assert_close(default.loss.detach(), -picked / 4)
    assert torch.equal(
        default.logits.grad.abs().sum(2) > 0, default.mask
    )  # padding gets no gradient


def test_right(right):
    """Masked MSE: replace first, divide by the count."""
    assert right.loss.item() == (1 + 4 + 0.25) / 3
    by_hand = torch.tensor([1.0, 0.0, -2.0, -0.5]) * 2 / 3
    torch.testing.assert_close(right.pred.grad, by_hand)


def test_wrong(wrong):
    """Multiplying by the mask keeps the NaN."""
    assert wrong.loss.isnan() and wrong.pred.grad.isnan().tolist() == wrong.target.isnan().tolist()
