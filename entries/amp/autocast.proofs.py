"""Proofs of autocast."""

import torch


def test_default(default):
    """Watch the dtypes."""
    low, full = torch.bfloat16, torch.float32
    assert [t.dtype for t in default.seen.values()] == [low, low, full, full, full, full]
    assert torch.equal(default.seen["add float32 (the wider)"], default.h.float() + 1)
    assert (
        default.linear.weight.dtype == default.linear(default.x).dtype == full
    )  # outside: as before
    torch.testing.assert_close(default.h.float(), default.exact, rtol=2**-7, atol=2**-7)


def test_decorator(decorator):
    """As a decorator on forward."""
    assert decorator.y.dtype == torch.bfloat16 and not torch.is_autocast_enabled(decorator.device)


def test_right(right):
    """Right: cast what leaves the block."""
    assert right.y.dtype == torch.float32 and right.y.eq(3 * 4 * 0.5).all()
