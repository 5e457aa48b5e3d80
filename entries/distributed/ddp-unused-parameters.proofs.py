"""Proofs of ddp-unused-parameters."""

import torch


def test_default(default):
    """Each step uses only one head."""
    torch.testing.assert_close(default.net.heads[0].weight.grad, default.x.sum(0).expand(2, 3))
    torch.testing.assert_close(default.net.heads[1].weight.grad, default.x.sum(0).expand(4, 3))
