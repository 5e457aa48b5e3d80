"""Proofs of module-prefix."""

import torch


def test_default(default):
    """Strip the prefix of a file saved by DataParallel or DDP."""
    assert torch.equal(default.model.weight, default.trained.weight)
    assert torch.equal(default.model.bias, default.trained.bias)


def test_right_wrapped(right_wrapped):
    """Right: bare weights go into the inner model."""
    assert torch.equal(
        right_wrapped.wrapped.state_dict()["module.weight"], right_wrapped.trained.weight
    )
