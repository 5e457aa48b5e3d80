"""Proofs of device-mismatch."""


def test_default(default):
    """A buffer moves with its module."""
    assert default.net.mean.device == default.y.device == default.device


def test_right_batch(right_batch):
    """The result of to() is assigned."""
    assert {
        t.device
        for t in (right_batch.x, right_batch.y, right_batch.h, *right_batch.net.parameters())
    } == {right_batch.device}
