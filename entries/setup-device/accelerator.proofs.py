"""Proofs of accelerator."""

import torch


def test_default(default):
    """The same step on whatever is there."""
    assert default.y.tolist() == [[1 * 1 + 2 * 2 + 3 * 4 + 0.5, 0 * 1 - 1 * 2 + 5 * 4 + 0.5]]
    assert {p.device.type for p in default.layer.parameters()} == {
        default.y.device.type,
        default.device.type,
    }
    assert (default.device.type == "cpu") == (torch.accelerator.device_count() == 0)
