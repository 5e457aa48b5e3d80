"""Proofs of confusion-matrix."""

import torch


def test_default(default):
    """Accumulate over batches, then compute every metric."""
    pairs = list(zip(default.labels.tolist(), default.predictions.tolist(), strict=True))
    assert default.matrix.tolist() == [[pairs.count((t, p)) for p in range(3)] for t in range(3)]
    assert default.precision.tolist() == torch.tensor([2 / 3, 2 / 4, 3 / 3]).tolist()
    assert default.recall.tolist() == torch.tensor([2 / 3, 2 / 2, 3 / 5]).tolist()


def test_accuracy(accuracy):
    """Accuracy from logits, and the mean over batches that is wrong."""
    assert accuracy.accuracy == 3 / 4 and accuracy.batches == [3 / 3, 0 / 1]
    assert accuracy.chosen.tolist() == accuracy.logits.argmax(dim=1).tolist() == [0, 1, 2, 0]


def test_absent_class(absent_class):
    """A class that is never predicted."""
    assert absent_class.raw[2].isnan() and absent_class.precision[2] == 0
    assert abs(absent_class.precision.mean().item() - (4 / 7 + 3 / 4 + 0) / 3) < 1e-6


def test_plot(plot):
    """Draw the matrix."""
    assert plot.written == [str(n) for row in plot.matrix.tolist() for n in row]
    assert plot.rate.sum(dim=1).allclose(torch.ones(3)) and plot.image.get_array().shape == (3, 3)
