"""Proofs of batch-size-mismatch."""

import torch


def test_default(default):
    """flatten(1) keeps the batch."""
    each = [
        torch.einsum("chw,kchw->k", x, default.weight.view(3, 6, 5, 5)) for x in default.feature
    ]
    by_hand = sum(z.logsumexp(0) - z[y] for z, y in zip(each, default.target)) / 4
    torch.testing.assert_close(default.loss, by_hand)


def test_right_sequence(right_sequence):
    """Language model: flatten logits and labels alike."""
    log_p = right_sequence.logits - right_sequence.logits.logsumexp(2, keepdim=True)  # (N, T, V)
    torch.testing.assert_close(
        right_sequence.loss, -log_p.gather(2, right_sequence.target[..., None]).mean()
    )
