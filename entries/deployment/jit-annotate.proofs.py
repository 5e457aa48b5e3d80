"""Proofs of jit-annotate."""

import torch


def test_default(default):
    """A no-op in Python, and what export makes of a plain dict."""
    assert torch.jit.annotate(dict[str, int], default.empty) is default.empty  # the same object
    torch.testing.assert_close(default.program.module()(default.x + 1), default.x * 20 + 23)


def test_deprecated(deprecated):
    """What torch.jit.script says today."""
    assert deprecated.scripted(torch.tensor([1, -2]), 3).tolist() == [3, -6]  # it still runs
