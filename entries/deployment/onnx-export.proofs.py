"""Proofs of onnx-export."""

import numpy as np


def test_default(default):
    """Export with a free batch size, compare with onnxruntime."""
    assert np.abs(default.got - default.expected).max() < 1e-4 and default.got.shape == (7, 5)
    assert np.abs(default.got - default.training).max() > 0.1
