"""Proofs of torch-export."""

import torch


def test_default(default):
    """Export with a free batch size, save, load, compare."""
    weight, bias = default.model[0].weight, default.model[0].bias
    torch.testing.assert_close(default.run(default.x), (default.x @ weight.T + bias).clamp(min=0))


def test_right(right):
    """The branch as part of the graph."""
    assert right.run(torch.tensor([4.0, -3.5])).tolist() == [8.0, -7.0]
    assert right.run(torch.tensor([-3.0, 1.0])).tolist() == [3.0, -1.0]
