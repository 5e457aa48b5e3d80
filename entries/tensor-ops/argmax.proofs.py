"""Proofs of argmax."""

import torch


def test_default(default):
    """Per row, per column, and over all."""
    assert (
        default.logits.argmax(1).tolist()
        == default.by_hand
        == default.logits.softmax(1).argmax(1).tolist()
    )
    assert torch.equal(default.logits.gather(1, default.best).flatten(), default.logits.amax(1))
    assert (
        default.logits[default.row, default.column] == default.logits.max()
        and default.flat == default.row * 3 + default.column
    )


def test_right(right):
    """A loss on the logits."""
    expected = right.logits.detach().softmax(1) - torch.tensor([0.0, 0.0, 1.0])
    torch.testing.assert_close(right.logits.grad, expected)
