"""Proofs of common-pitfalls."""

import torch


def test_default(default):
    """Three mistakes in gradient and loss, wrong against right."""
    pairs = [(a - b) ** 2 for a in (1, 2, 6) for b in (1, 2, 6)]
    torch.testing.assert_close(default.wrong.item(), sum(pairs) / 9, atol=1e-5, rtol=0)


def test_shapes_and_modules(shapes_and_modules):
    """view against permute, and layers in a list."""
    assert shapes_and_modules.counts == [0, 3 * 5 + 5 + 5 * 2 + 2]
