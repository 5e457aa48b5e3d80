"""Proofs of forward-hooks."""

import matplotlib.pyplot as plt
import torch


def test_default(default):
    """Collect features by name, then clean up."""
    torch.testing.assert_close(default.kept["0.1"], default.model[0](default.x))
    torch.testing.assert_close(default.kept["2.0"].relu(), default.y)
    assert not default.kept["0.1"].requires_grad and default.y.requires_grad
    assert not any(module._forward_hooks for module in default.model.modules())


def test_replace(replace):
    """A hook that changes the output."""
    assert replace.during[0, 1] == 0 and torch.equal(replace.during[0, 2:], replace.before[0, 2:])
    assert torch.equal(replace.bypassed, replace.before) and torch.equal(
        replace.layer(replace.x), replace.before
    )
    torch.testing.assert_close(
        replace.during[0, 0], replace.layer.weight[0] @ replace.x[0] + replace.layer.bias[0]
    )


def test_plot(plot):
    """Feature maps and filters, drawn."""
    assert plot.maps[0][8, 3] == 3 and plot.maps[0][8, 12] == -3 and plot.maps[1][8, 3] == 0
    assert plt.imread("features.png").shape[:2] == (400, 600)
