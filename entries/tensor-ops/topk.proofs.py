"""Proofs of topk."""

import math

import torch

ROWS = [[0.1, 2.0, 0.7], [1.5, 0.3, 0.9], [0.2, 0.4, 0.3], [2.2, 1.1, 0.5]]
SCORES = [0.3, 0.9, 0.5, 0.7]
BOXES = [[1, 2], [3, 4], [5, 6], [7, 8]]


def given():
    return {
        "logits": torch.tensor(ROWS),
        "x": torch.tensor([[3, 1, 4], [5, 9, 2]]),
        "k": 2,
        "scores": torch.tensor(SCORES),
        "boxes": torch.tensor(BOXES),
    }


def ranked(values):
    return sorted(range(len(values)), key=lambda i: -values[i])


def test_answer(answer):
    """topk returns the k largest, largest first; with largest=False the k smallest; argsort orders other tensors."""
    assert answer.indices.tolist() == [ranked(row)[:2] for row in ROWS]
    assert torch.equal(answer.values, torch.tensor([sorted(row)[:0:-1] for row in ROWS]))
    assert answer.smallest.tolist() == [[1, 3], [2, 5]]
    assert answer.boxes.tolist() == [BOXES[i] for i in ranked(SCORES)]


def test_default(default):
    """A sample counts for top-k accuracy if its label is among the k largest logits."""
    assert torch.equal(default.logits, torch.tensor(ROWS))
    labels = default.labels.tolist()
    for k in (1, 2):
        hits = [label in ranked(row)[:k] for row, label in zip(default.logits.tolist(), labels, strict=True)]
        assert default.hit[:, :k].any(dim=1).tolist() == hits


def test_last_dim_by_default():
    """By default topk and sort work along the last dim."""
    x = torch.tensor(ROWS)
    assert torch.equal(x.topk(2).values, x.topk(2, dim=1).values)
    assert not torch.equal(x.topk(2).values, x.T.topk(2).values.T)
    assert x.sort().values.tolist() == torch.tensor([sorted(row) for row in ROWS]).tolist()
    assert x.sort(dim=0).indices.T.tolist() == [ranked([-v for v in column]) for column in zip(*ROWS, strict=True)]


def test_order(order):
    """stable=True keeps equal elements in their original order; argsort of the order gives the ranks."""
    assert order.order.tolist() == sorted(range(4), key=lambda i: -order.scores[i].item())
    assert [order.order.tolist().index(i) for i in range(4)] == order.order.argsort().tolist()
    x = torch.arange(1000) * 7 % 5
    assert x.argsort(stable=True).tolist() == sorted(range(1000), key=x.tolist().__getitem__)
    assert x.sort(stable=True).indices.tolist() == sorted(range(1000), key=x.tolist().__getitem__)


def test_topk_is_not_stable(raises):
    """topk has no option stable."""
    with raises(TypeError, "topk() got an unexpected keyword argument 'stable'"):
        torch.ones(3).topk(2, stable=True)


def test_rows(rows):
    """Indexing with the argsort of a column moves whole rows; sort(dim=0) sorts each column by itself."""
    x = rows.x.tolist()
    assert rows.x[rows.x[:, 1].argsort()].tolist() == sorted(x, key=lambda row: row[1])
    assert rows.x.sort(dim=0).values.T.tolist() == [sorted(column) for column in zip(*x, strict=True)]


def test_whole_matrix(whole_matrix):
    """topk of the flattened tensor gives flat indices, which unravel_index turns into rows and columns."""
    x = whole_matrix.x
    assert whole_matrix.values.tolist() == sorted(x.flatten().tolist())[:-3:-1]
    assert torch.equal(x[whole_matrix.rows, whole_matrix.columns], whole_matrix.values)


def test_gather_for_matrices(raises):
    """Indexing a matrix with a 2-D argsort picks whole rows, or raises; gather sorts within each row."""
    x, y = torch.tensor([[0, 1], [1, 0]]), torch.tensor([[10, 20], [30, 40]])
    order = x.argsort(dim=1)
    assert y[order].tolist() == [[y[i].tolist() for i in row] for row in order.tolist()]
    with raises(IndexError, "index 2 is out of bounds for dimension 0 with size 2"):
        torch.zeros(2, 3)[torch.zeros(2, 3).argsort(dim=1)]
    assert y.gather(1, order).tolist() == [[10, 20], [40, 30]]


def test_kthvalue_counts_from_the_smallest(raises):
    """kthvalue(k) is the k-th smallest, starting at 1; the last of topk(k) is the k-th largest."""
    x = torch.tensor(ROWS)
    assert torch.equal(x.kthvalue(1).values, torch.tensor([min(row) for row in ROWS]))
    assert torch.equal(x.kthvalue(3).values, torch.tensor([max(row) for row in ROWS]))
    assert torch.equal(x.topk(1).values[..., -1], x.kthvalue(3).values)
    for k in (0, -1, 4):
        with raises(RuntimeError, "kthvalue(): selected number k out of range for dimension 1"):
            x.kthvalue(k)


def test_k_out_of_range(raises):
    """topk raises if k is larger than the dim, or negative; k equal to its size is accepted."""
    x = torch.tensor(ROWS)
    assert x.topk(4, dim=0).values.shape == (4, 3)
    assert x.topk(min(4, x.size(1))).values.shape == (4, 3)
    for k in (4, -1):
        with raises(RuntimeError, "selected index k out of range"):
            x.topk(k)


def test_nan_is_largest():
    """NaN counts as the largest value in topk, sort, and kthvalue."""
    x = torch.tensor([1.0, math.nan, math.inf])
    assert x.topk(1).indices.tolist() == [1]
    assert x.sort().indices.tolist() == [0, 2, 1]
    assert x.kthvalue(3).indices == 1


def test_as_the_head_of_a_sort():
    """topk gives the first k of a descending sort."""
    torch.manual_seed(0)
    x = torch.randperm(1000)
    values, indices = x.sort(descending=True)
    assert torch.equal(x.topk(5).values, values[:5]) and torch.equal(x.topk(5).indices, indices[:5])
