"""Proofs of object-array."""

import numpy as np
import torch


def test_default(default):
    """Row by row, then padded."""
    assert default.batch.tolist() == [[1.0, 2.0], [3.0, 0.0]]
    numbers = np.array([1, 2.5], dtype=object)  # all numbers: astype is enough
    assert torch.from_numpy(numbers.astype(np.float32)).tolist() == [1.0, 2.5]
