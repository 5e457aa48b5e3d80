"""Proofs of argmax."""

import math

import torch

ROWS = [[0.1, 2.0, 0.7], [1.5, 0.3, 3.0], [0.2, 0.6, 0.4], [2.2, 1.1, 0.5]]


def given():
    return {"logits": torch.tensor(ROWS), "y": torch.tensor([1, 0, 1, 0])}


def largest(values):
    return values.index(max(values))


def test_answer(answer):
    """logits.argmax(dim=1) is the index of the largest logit of each row, and the mean of pred == y the accuracy."""
    assert answer.pred.tolist() == [largest(row) for row in ROWS] == [1, 2, 1, 0]
    assert answer.accuracy == 3 / 4


def test_default(default):
    """argmax(dim) removes the dim and returns int64; keepdim=True keeps it with size 1."""
    assert torch.equal(default.logits, torch.tensor(ROWS))
    assert default.pred.tolist() == [largest(row) for row in ROWS]
    assert default.pred.dtype == torch.int64 and default.pred.shape == (4,)
    assert default.logits.argmax(dim=1, keepdim=True).tolist() == [[i] for i in default.pred.tolist()]


def test_values(values):
    """max(dim) returns the values and the indices; gather takes the indices of keepdim=True."""
    rows = values.logits.tolist()
    assert values.values.tolist() == [max(row) for row in rows]
    assert values.pred.tolist() == [largest(row) for row in rows]
    confidence = [math.exp(max(row)) / sum(math.exp(v) for v in row) for row in rows]
    torch.testing.assert_close(values.probs.gather(1, values.best).flatten(), torch.tensor(confidence))


def test_coordinates(coordinates):
    """Without dim, argmax returns an index into the flattened tensor, and unravel_index its coordinates."""
    x = coordinates.x
    assert coordinates.i == largest(x.flatten().tolist()) == coordinates.row * 3 + coordinates.column
    assert x[coordinates.row, coordinates.column] == max(map(max, x.tolist()))
    assert x.argmin(dim=1).tolist() == [row.index(min(row)) for row in x.tolist()]


def test_softmax_keeps_the_order():
    """Softmax keeps the order of the logits, but rounding can turn close logits into a tie."""
    logits = torch.tensor(ROWS)
    assert torch.equal(logits.softmax(dim=1).argmax(dim=1), logits.argmax(dim=1))
    close = torch.tensor([1e-9, 2e-9])
    assert close.argmax() == 1
    assert close.softmax(dim=0).tolist() == [0.5, 0.5] and close.softmax(dim=0).argmax() == 0


def test_first_of_a_tie():
    """Of several equal largest values, argmax returns the first index."""
    torch.manual_seed(0)
    for dtype in (torch.float32, torch.float64, torch.half, torch.bfloat16, torch.int32, torch.int64, torch.uint8):
        for size in (3, 40, 5000):
            x = torch.randint(0, 4, (size,)).to(dtype)
            assert x.argmax() == largest(x.tolist())
            both = torch.stack([x, x.flip(0)])
            assert both.argmax(dim=1).tolist() == [largest(row) for row in both.tolist()]


def test_nan_is_largest():
    """argmax returns the index of NaN, and so does argmin."""
    x = torch.tensor([1.0, math.nan, math.inf])
    assert x.argmax() == 1 and x.argmin() == 1


def test_bools_and_empty_tensors(raises):
    """argmax rejects bools, as int it finds the first True, or 0 without any; an empty tensor has no largest value."""
    mask = torch.tensor([[False, True, True], [False, False, False]])
    with raises(RuntimeError, "argmax(): does not support bool input" if torch.__version__ >= (2, 9) else "not implemented for 'Bool'"):
        mask.argmax(dim=1)
    assert mask.int().argmax(dim=-1).tolist() == [1, 0] and mask[0].int().argmax(dim=-1) == 1
    with raises(IndexError, "argmax(): Expected reduction dim to be specified for input.numel() == 0"):
        torch.empty(0).argmax()


def test_dim_0_is_per_class():
    """argmax(dim=0) on (N, C) returns one index per class."""
    logits = torch.tensor(ROWS)
    assert logits.argmax(dim=0).tolist() == [largest(column) for column in zip(*ROWS, strict=True)]
    square = logits[:3]
    assert square.argmax(dim=0).shape == square.argmax(dim=1).shape
    assert not torch.equal(square.argmax(dim=0), square.argmax(dim=1))


def test_segmentation():
    """For (N, C, H, W), argmax(dim=1) gives a class per pixel, (N, H, W); argmax(dim=-1) gives (N, C, H)."""
    logits = torch.arange(2 * 3 * 4 * 5.0).mul(7).remainder(11).reshape(2, 3, 4, 5)
    pred = logits.argmax(dim=1)
    assert pred.shape == (2, 4, 5) and logits.argmax(dim=-1).shape == (2, 3, 4)
    assert all(
        pred[n, h, w] == largest(logits[n, :, h, w].tolist()) for n in range(2) for h in range(4) for w in range(5)
    )


def test_one_logit():
    """argmax(dim=1) of (N, 1) is 0 for every sample; logits > 0 means a probability above one half."""
    logits = torch.tensor([[-3.0], [0.5], [2.0]])
    assert logits.argmax(dim=1).tolist() == [0, 0, 0]
    assert torch.equal(logits > 0, logits.sigmoid() > 0.5) and (logits > 0).flatten().tolist() == [False, True, True]


def test_no_gradient(raises):
    """The result of argmax has no gradient; backward() raises for it alone, and as a further term it adds nothing."""
    logits = torch.tensor(ROWS, requires_grad=True)
    pred = logits.argmax(dim=1)
    assert not pred.requires_grad
    with raises(RuntimeError, "does not require grad"):
        pred.float().mean().backward()
    (logits.sum() + pred.float().mean()).backward()
    assert logits.grad.eq(1).all()


def test_right(right):
    """cross_entropy gives the logits a gradient: softmax minus the one-hot label."""
    exps = [math.exp(v) for v in (0.1, 2.0, 0.7)]
    expected = [e / sum(exps) - (c == 2) for c, e in enumerate(exps)]
    torch.testing.assert_close(right.logits.grad, torch.tensor([expected]))
