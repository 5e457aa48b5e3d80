"""Proofs of gather."""

import math

import torch

X = [[3, 1, 2], [9, 7, 8]]


def given():
    return {
        "torch": torch,
        "x": torch.tensor(X),
        "y": torch.tensor([2, 0]),
        "h": torch.arange(24).view(2, 3, 4),
        "lengths": torch.tensor([3, 1]),
        "B": 2,
    }


def test_answer(answer):
    """gather picks x[n, y[n]], orders rows by an argsort, and indexing with arange picks one step per sequence."""
    assert answer.picked.tolist() == [X[0][2], X[1][0]]
    assert answer.ordered.tolist() == [sorted(row) for row in X]
    assert answer.last.tolist() == [answer.h[0, 2].tolist(), answer.h[1, 0].tolist()]


def test_default(default):
    """The mean of the negated log-probabilities of the labels is the cross-entropy."""
    by_hand = [2 - math.log(math.exp(2) + 1 + math.e), 3 - math.log(1 + 1 + math.exp(3))]
    torch.testing.assert_close(default.picked, torch.tensor(by_hand))


def test_both_dims():
    """dim=1 picks x[i, index[i, j]], dim=0 picks x[index[i, j], j]; the result has the shape of the index."""
    x = torch.arange(12).view(4, 3)
    for dtype in (torch.int64, torch.int32) if torch.__version__ >= (2, 8) else (torch.int64,):
        columns = torch.tensor([[2, 0], [1, 1], [0, 2], [2, 2]], dtype=dtype)
        out = x.gather(1, columns)
        assert out.shape == columns.shape
        assert out.tolist() == [[x[i, columns[i, j].long()].item() for j in range(2)] for i in range(4)]
        rows = torch.tensor([[3, 0, 1], [2, 2, 0]], dtype=dtype)
        assert x.gather(0, rows).tolist() == [[x[rows[i, j].long(), j].item() for j in range(3)] for i in range(2)]


def test_other_ways():
    """x[torch.arange(N), y] picks one element per row; x[:, i] and index_select take the same columns from all."""
    x, y = torch.tensor(X), torch.tensor([2, 0])
    assert torch.equal(x[torch.arange(2), y], x.gather(1, y.unsqueeze(1)).squeeze(1))
    assert x[:, y].tolist() == x.index_select(1, y).tolist() == [[row[2], row[0]] for row in X]


def test_last_step(last_step):
    """An index expanded over the features picks one step of each sequence."""
    h = last_step.h.tolist()
    expected = [h[0][3 - 1], h[1][1 - 1]]
    assert last_step.h[torch.arange(2), last_step.lengths - 1].tolist() == expected
    assert last_step.h.gather(1, last_step.index.expand(-1, 1, 4)).squeeze(1).tolist() == expected


def test_index_select(index_select):
    """gather takes another column from each row; index_select takes the same columns from all rows."""
    x = torch.arange(15).reshape(3, 5)
    index = torch.tensor([4, 0, 1])
    rows = x.tolist()
    assert x.gather(1, index.unsqueeze(1)).tolist() == [[row[i]] for row, i in zip(rows, [4, 0, 1], strict=True)]
    assert x.index_select(1, index).tolist() == [[row[i] for i in [4, 0, 1]] for row in rows]
    assert index_select.x.shape == (2, 3)


def test_index_is_not_broadcast():
    """gather reads only the corner that the index covers; take_along_dim broadcasts."""
    h, index = torch.arange(24).view(2, 3, 4), torch.tensor([2, 0]).view(2, 1, 1)
    assert h.gather(1, index).tolist() == [[[8]], [[12]]]
    assert torch.take_along_dim(h, index, dim=1).squeeze(1).tolist() == [[8, 9, 10, 11], [12, 13, 14, 15]]
    assert torch.tensor(X).gather(1, torch.tensor([[1]])).tolist() == [[1]]


def test_order(order):
    """gather with an argsort of scores brings each row into the order of the scores."""
    for row, scores, out in zip(order.x.tolist(), order.scores.tolist(), order.x.gather(1, order.order).tolist(), strict=True):
        assert out == [v for _, v in sorted(zip(scores, row, strict=True), reverse=True)]


def test_negative_index_raises(raises):
    """gather raises for a negative index; clamp(min=0) and a mask handle ignore labels."""
    x, y = torch.tensor(X), torch.tensor([2, -100])
    with raises(RuntimeError, "index -100 is out of bounds for dimension 1 with size 3"):
        x.gather(1, y.unsqueeze(1))
    picked = x.gather(1, y.clamp(min=0).unsqueeze(1)).squeeze(1)
    assert picked[y >= 0].tolist() == [2]


def test_take_along_dim_wraps(raises):
    """Since 2.10, take_along_dim with dim takes each index modulo the size: -1 is the last one, -100 or 5 raise nothing."""
    x = torch.tensor(X)
    for i in (-1, -3, -100, 3, 5):
        if torch.__version__ >= (2, 10):
            assert torch.take_along_dim(x, torch.tensor([[i]]), dim=1).tolist() == [[row[i % 3]] for row in X]
        else:
            with raises(RuntimeError, f"index {i} is out of bounds for dimension 1 with size 3"):
                torch.take_along_dim(x, torch.tensor([[i]]), dim=1)
    with raises(RuntimeError, "index -1 is out of bounds for dimension 0 with size 6"):
        torch.take_along_dim(x, torch.tensor([-1]))  # without dim


def test_gradient_of_the_values(raises):
    """The gradient of gather adds up at the places that were picked, as scatter_add_ does; the index gets none."""
    x = torch.tensor(X, dtype=torch.float, requires_grad=True)
    index = torch.tensor([[2, 2], [0, 1]])
    upstream = torch.tensor([[1.0, 10.0], [100.0, 1000.0]])
    x.gather(1, index).backward(upstream)
    assert x.grad.tolist() == [[0, 0, 11], [100, 1000, 0]]
    assert torch.equal(x.grad, torch.zeros(2, 3).scatter_add_(1, index, upstream))
    with raises(RuntimeError, "only Tensors of floating point"):
        index.requires_grad_()


def test_right(right):
    """unsqueeze(1) makes an index (N,) into (N, 1)."""
    assert right.x.gather(1, right.y.unsqueeze(1)).tolist() == [[3], [4]]


def test_add_the_dim_of_gather(raises):
    """gather wants as many dims in the index; unsqueeze(dim) and squeeze(dim) pick one element per row, also of (B, T, C)."""
    x, y = torch.arange(24).view(2, 3, 4), torch.tensor([[0, 1, 2], [3, 2, 1]])
    with raises(RuntimeError, "Index tensor must have the same number of dimensions as input tensor"):
        x.gather(2, y)
    for dim in 2, -1:
        picked = x.gather(dim, y.unsqueeze(dim)).squeeze(dim)
        assert picked.tolist() == [[x[b, t, y[b, t]].item() for t in range(3)] for b in range(2)]


def test_what_gather_rejects(raises):
    """An index larger than x in another dim raises, and so does an index of another dtype; long() mends the latter."""
    x, index = torch.tensor(X), torch.tensor([[2.0], [0.0]])
    with raises(RuntimeError, "Size does not match at dimension 0 expected index [3, 1] to be no larger than self [2, 3]"):
        x.gather(1, torch.zeros(3, 1, dtype=torch.long))
    assert x.gather(0, torch.zeros(5, 1, dtype=torch.long)).shape == (5, 1)
    for dtype in (torch.float, torch.uint8, torch.int16):
        with raises(RuntimeError, "gather(): Expected dtype …int64 for index"):
            x.gather(1, index.to(dtype))
    assert x.gather(1, index.long()).tolist() == [[2], [9]]
