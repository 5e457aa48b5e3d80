"""Proofs of plot-predictions."""

import math
import torch


def test_default(default):
    """Class, probability, and the probability of the truth."""
    by_hand = [math.exp(max(row)) / sum(map(math.exp, row)) for row in default.logits.tolist()]
    torch.testing.assert_close(default.probability, torch.tensor(by_hand))
    assert default.predicted.tolist() == [row.index(max(row)) for row in default.logits.tolist()]
    one = default.predict(default.logits[:1])  # a batch of one stays a batch
    assert one.indices.shape == (1,) and one.values[0] == default.probability[0]


def test_plot(plot):
    """The grid with green and red titles."""
    sure = 1 / (1 + torch.exp(-16 * (plot.levels - 0.5).abs()))  # a softmax of two, by hand
    torch.testing.assert_close(plot.probability, sure)
