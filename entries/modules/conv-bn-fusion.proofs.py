"""Proofs of conv-bn-fusion."""

import torch


def test_default(default):
    """Fuse, and check against the formula."""
    torch.testing.assert_close(
        default.fused(default.x), default.net(default.x), rtol=1e-4, atol=1e-5
    )
    s = default.bn.weight / torch.sqrt(default.bn.running_var + default.bn.eps)  # (C,)
    torch.testing.assert_close(default.fused.weight, default.conv.weight * s[:, None, None, None])
    torch.testing.assert_close(default.fused.bias, default.bn.bias - default.bn.running_mean * s)


def test_bias(bias):
    """In training the bias before BatchNorm does nothing."""
    torch.testing.assert_close(bias.after, bias.before)  # the mean takes the 100 away again
    mean = bias.plain.mean(dim=(0, 2, 3))  # (C,), seen twice, with 100 on top the second time
    torch.testing.assert_close(bias.bn.running_mean, (0.09 + 0.1) * mean + 0.1 * 100)
