"""Proofs of device-side-assert."""

import torch


def test_default(default):
    """Check the labels once, then compute the loss."""
    by_hand = torch.stack(
        [default.logits[0, 0], default.logits[1, 2], default.logits[2, 1]]
    ) - default.logits.logsumexp(1)
    torch.testing.assert_close(default.loss, -by_hand.mean())


def test_right_ignore(right_ignore):
    """Leave the value 255 out."""
    p = torch.sigmoid(torch.tensor([3.0, 1.0, 1.0]))  # of the logit differences
    torch.testing.assert_close(right_ignore.loss, -p.log().mean())
