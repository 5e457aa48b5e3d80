"""Proofs of scheduler-order."""


def test_default(default):
    """Update the weights, then the rate."""
    assert default.seen == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert default.w.item() == 8 - 3 * (1 + 1 + 0.5 + 0.5 + 0.25)


def test_amp(amp):
    """AMP: a skipped update does not step the scheduler."""
    assert amp.w.item() == 8 - 3 * 1.0 - 5 * 0.5
