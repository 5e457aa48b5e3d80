"""Proofs of tensorboard."""


def test_default(default):
    """Write a run and read it back."""
    expected = [sum(1 / s for s in range(k - 4, k + 1)) / 5 for k in (5, 10, 15, 20)]
    assert default.points == [(5 * i, round(v, 4)) for i, v in enumerate(expected, 1)]
    assert (default.log.Images("input")[0].height, default.log.Images("input")[0].width) == (8, 10)
    assert default.log.Histograms("weights")[0].histogram_value.num == 100
    assert (default.log.Images("input")[0].step, default.log.Histograms("weights")[0].step) == (
        20,
        20,
    )
