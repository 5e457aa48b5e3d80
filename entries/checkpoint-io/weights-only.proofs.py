"""Proofs of weights-only."""

from torch.serialization import get_unsafe_globals_in_checkpoint


def test_default(default):
    """Save plain values and tensors."""
    assert default.loaded == {"epoch": 3, "best": 0.75}


def test_right_allow(right_allow):
    """Right: see what an old file holds, allow just that."""
    assert get_unsafe_globals_in_checkpoint("clean.pt") == []
