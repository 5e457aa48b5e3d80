"""Proofs of softmax-dim."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.3, 1.2, -0.7]])  # (N, C)


def given():
    return {"F": F, "logits": LOGITS}


def by_hand(row):
    total = sum(math.exp(v) for v in row)
    return [math.exp(v) / total for v in row]


def quietly(function, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(x)


def test_answer(answer):
    """softmax with dim=1 makes each row of (N, C) a distribution; log_softmax gives its logarithm."""
    expected = torch.tensor([by_hand(row) for row in LOGITS.tolist()])
    torch.testing.assert_close(answer.p, expected)
    torch.testing.assert_close(answer.log_p, expected.log())


def test_default(default):
    """The values along dim are not negative, and they sum to 1."""
    expected = torch.tensor([by_hand(row) for row in [[2, 0, 1], [0, 0, 3]]])
    torch.testing.assert_close(default.p, expected)
    x = torch.linspace(-300, 300, 120).reshape(2, 3, 4, 5)
    for dim in range(4):
        p = x.softmax(dim)
        assert (p >= 0).all()
        torch.testing.assert_close(p.sum(dim), torch.ones_like(p.sum(dim)))


def test_segmentation(segmentation):
    """With dim=1, each pixel of (N, C, H, W) has its own distribution over the classes."""
    assert segmentation.p.shape == (1, 3, 2, 2)
    for row in range(2):
        for column in range(2):
            pixel = by_hand([0, 0, 5 if (row, column) == (0, 1) else 0])
            torch.testing.assert_close(segmentation.p[0, :, row, column], torch.tensor(pixel))


def test_attention_scores():
    """With dim=-1, each query of (N, Q, K) distributes its weight over the keys."""
    scores = torch.arange(24.0).reshape(2, 3, 4).sin()
    weights = F.softmax(scores, dim=-1)
    for n in range(2):
        for q in range(3):
            torch.testing.assert_close(weights[n, q], torch.tensor(by_hand(scores[n, q].tolist())))


def test_over_batch(over_batch):
    """dim=0 on (N, C) normalizes over the batch, so a sample's values depend on the other samples."""
    columns = [by_hand(column) for column in [[2, 0], [0, 0], [1, 3]]]
    torch.testing.assert_close(over_batch.p, torch.tensor(columns).T)
    other = over_batch.logits.clone()
    other[1, 0] = 4.0
    assert F.softmax(other, dim=0)[0, 0] != over_batch.p[0, 0]
    assert torch.equal(F.softmax(other, dim=1)[0], F.softmax(over_batch.logits, dim=1)[0])


def test_guessed_dim(raises):
    """Without dim, softmax, log_softmax, and nn.Softmax warn and use dim 0 for 0, 1, and 3 dims, dim 1 for others."""
    sizes, guesses = [2, 3, 4, 5, 6], [0, 0, 1, 0, 1, 1]
    for ndim, guess in enumerate(guesses):
        x = torch.linspace(-1, 3, math.prod(sizes[:ndim])).reshape(sizes[:ndim]).sin()
        for function, exact in [(F.softmax, F.softmax), (nn.Softmax(), F.softmax), (F.log_softmax, F.log_softmax)]:
            assert torch.equal(quietly(function, x), exact(x, dim=guess))
            others = [dim for dim in range(ndim) if dim != guess]
            assert not any(torch.equal(quietly(function, x), exact(x, dim=dim)) for dim in others)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with raises(UserWarning, "Implicit dimension choice for"):
                    function(x)


def test_the_tensor_method_needs_dim(raises):
    """torch.softmax and x.softmax raise a TypeError without dim."""
    with raises(TypeError, "softmax() …"):
        torch.softmax(LOGITS)
    with raises(TypeError, "softmax() …"):
        LOGITS.softmax()


def test_underflow():
    """softmax(x).log() gives -inf once a probability underflows to 0; log_softmax stays finite."""
    x = torch.tensor([200.0, 0.0])
    assert F.softmax(x, dim=0).log().tolist() == [0.0, -math.inf]
    assert F.log_softmax(x, dim=0).tolist() == [0.0, -200.0]


def test_cross_entropy_takes_logits():
    """F.cross_entropy applies log_softmax internally."""
    y = torch.tensor([2, 0])
    by_rows = [-math.log(by_hand(row)[label]) for row, label in zip(LOGITS.tolist(), y.tolist(), strict=True)]
    torch.testing.assert_close(F.cross_entropy(LOGITS, y), torch.tensor(sum(by_rows) / 2))


def test_no_softmax_before_cross_entropy():
    """With softmax before cross_entropy and 3 classes, a perfect prediction still has a loss of 0.55."""
    perfect, y = torch.tensor([[0.0, 1000.0, 0.0]]), torch.tensor([1])
    loss = F.cross_entropy(perfect.softmax(dim=1), y)
    assert abs(loss.item() - math.log(math.e + 2) + 1) < 1e-6 and round(loss.item(), 2) == 0.55
    assert F.cross_entropy(perfect, y) == 0


def test_all_masked():
    """softmax gives NaN if all values along dim are -inf; one finite value is enough to avoid that."""
    x = torch.full((2, 3), -math.inf)
    x[0, 1] = -7.0
    p = x.softmax(dim=1)
    assert p[0].tolist() == [0, 1, 0] and p[1].isnan().all()


def test_right(right):
    """dim=-1 normalizes each step of (N, T, C) over the classes."""
    rows = [[by_hand([2, 0, 1])], [by_hand([0, 0, 3])]]
    torch.testing.assert_close(right.p, torch.tensor(rows))
