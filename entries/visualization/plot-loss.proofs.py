"""Proofs of plot-loss."""


def test_default(default):
    """Smooth a noisy loss."""
    assert abs(default.smooth(default.losses)[-1] - default.last.item()) < 1e-6
    assert (
        default.smooth(default.losses)[0] == 4.0
        and default.smooth(default.losses, beta=0.0) == default.losses
    )
    assert default.window.tolist() == [(4 + 2 + 3) / 3, (2 + 3 + 1) / 3, (3 + 1 + 2) / 3]


def test_plot(plot):
    """Training and validation on one axis, log scale."""
    assert plot.raw[-1, 0] == plot.dots[-1, 0] == 15 * 24 / 8  # both end at the last step
    assert (
        plot.dots[plot.dots[:, 0] == plot.line[0, 0], 1] == min(plot.valid) and plot.raw[0, 0] == 1
    )


def test_right(right):
    """Right: a list of numbers."""
    assert right.ax.lines[0].get_ydata().tolist() == [9, 4, 1, 0]
