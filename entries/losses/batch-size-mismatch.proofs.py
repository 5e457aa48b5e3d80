"""Proofs of batch-size-mismatch."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "F": F,
        "x": torch.randn(2, 4, 3, 5),
        "logits": torch.randn(2, 5, 7),
        "y": torch.tensor([[1, 6, 0, 3, 3], [2, 2, 5, 4, 0]]),
    }


def negative_log_likelihood(rows, labels):
    """The mean of -log of the share that exp() of the label's logit has, by hand."""
    share = [row.exp()[label] / row.exp().sum() for row, label in zip(rows, labels, strict=True)]
    return -torch.stack(share).log().mean()


def test_answer(answer):
    """flatten(1) keeps dimension 0; logits and labels that are flattened alike give the mean over all steps."""
    assert answer.x.shape == (2, 4 * 3 * 5)
    rows = [answer.logits[n, t] for n in range(2) for t in range(5)]
    torch.testing.assert_close(answer.loss, negative_log_likelihood(rows, [1, 6, 0, 3, 3, 2, 2, 5, 4, 0]))


def test_default(default):
    """AdaptiveAvgPool2d and Flatten give the linear layer the same width for every image size."""
    assert default.logits.shape == (5, 10)
    torch.testing.assert_close(default.loss, negative_log_likelihood(default.logits, default.y))
    assert default.model[:4](torch.randn(1, 3, 17, 23)).shape == (1, 96)


def test_right(right):
    """After flatten(1) there is one row of logits for each sample."""
    assert right.x.shape == (4, 150) and right.logits.shape == (4, 3)
    torch.testing.assert_close(right.loss, negative_log_likelihood(right.logits, [0, 2, 1, 1]))


def test_right_sequence(right_sequence):
    """Flattened alike, each time step meets its own label."""
    rows = [right_sequence.logits[n, t] for n in range(2) for t in range(5)]
    torch.testing.assert_close(right_sequence.loss, negative_log_likelihood(rows, right_sequence.y.flatten()))
    assert right_sequence.logits.shape == (2, 5, 7)


def test_four_rows():
    """view(-1, 400) makes 4 rows of a sample of 1600 features."""
    assert torch.zeros(5, 16, 10, 10).view(-1, 400).shape == (5 * 4, 400)


def test_the_linear_layer_reports_the_width(raises):
    """After flatten(1), a linear layer of the wrong width says what it gets."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (5x1600 and 400x10)"):
        nn.Linear(400, 10)(nn.Flatten()(torch.zeros(5, 16, 10, 10)))


def test_rnn():
    """An RNN without batch_first returns (T, N, H), so out[-1] is the last step of all samples."""
    out, last = nn.RNN(3, 6)(torch.randn(4, 2, 3))
    assert out.shape == (4, 2, 6)
    assert torch.equal(out[-1], last[0])
    out, last = nn.RNN(3, 6, batch_first=True)(torch.randn(2, 4, 3))
    assert torch.equal(out[:, -1], last[0])


def test_mixed_up_pairs():
    """(T, N) read as (N, T) by reshape raises nothing and gives samples the labels of others."""
    y = torch.tensor([[0, 1], [0, 1], [0, 1]])  # (T, N): sample 0 is all 0, sample 1 all 1
    assert y.reshape(2, 3).tolist() == [[0, 1, 0], [1, 0, 1]]
    assert y.T.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert F.cross_entropy(torch.zeros(6, 2), y.reshape(2, 3).flatten()) > 0


def test_fixed_batch_size(raises):
    """view(32, -1) raises for a last batch of 7, and makes wrong rows of a last batch of 16."""
    with raises(RuntimeError, "shape '[32, -1]' is invalid"):
        torch.zeros(7, 5).view(32, -1)
    assert torch.zeros(16, 6).view(32, -1).shape == (32, 3)
    assert torch.zeros(7, 5).flatten(1).shape == (7, 5)


def test_smaller_last_batch(raises):
    """Labels made for a full batch raise with the smaller last batch."""
    with raises(ValueError, "Expected input batch_size (3) to match target batch_size (8)"):
        F.cross_entropy(torch.zeros(3, 4), torch.zeros(8).long())


def test_bare_squeeze(raises):
    """Labels (1, 1) of a batch with one sample lose the batch with squeeze(), and keep it with squeeze(1)."""
    with raises(ValueError, "Expected input batch_size (1) to match target batch_size (0)"):
        F.cross_entropy(torch.zeros(1, 4), torch.zeros(1, 1).long().squeeze())
    assert F.cross_entropy(torch.zeros(1, 4), torch.zeros(1, 1).long().squeeze(1)) > 1
