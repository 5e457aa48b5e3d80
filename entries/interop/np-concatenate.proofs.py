"""Proofs of np-concatenate."""

import numpy as np
import torch


def test_default(default):
    """Rows, columns, end to end, and the torch twin."""
    twin = torch.cat([torch.from_numpy(default.a), torch.from_numpy(default.b)], dim=0)
    assert twin.tolist() == default.rows.tolist() == np.vstack([default.a, default.b]).tolist()
    assert default.columns.tolist() == [[1, 2] + [5], [3, 4] + [6]]
    assert (default.side == np.array([[1, 2, 3], [4, 5, 6]]).T).all()


def test_right(right):
    """stack makes the second axis."""
    assert right.pairs.tolist() == [list(pair) for pair in zip([1, 2], [3, 4], strict=True)]
