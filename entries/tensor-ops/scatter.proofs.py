"""Proofs of scatter."""

import torch
import torch.nn.functional as F

X = [[1.0, 10.0], [2.0, 20.0], [5.0, 50.0]]


def given():
    return {
        "torch": torch,
        "x": torch.tensor(X),
        "group": torch.tensor([0, 2, 0]),
        "G": 4,
        "y": torch.zeros(2, 3),
        "index": torch.tensor([[2, 0], [1, 2]]),
        "src": torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
    }


def test_answer(answer):
    """index_add_ sums rows per group, bincount counts them, and scatter_ writes src[n, k] to y[n, index[n, k]]."""
    assert answer.total.tolist() == [[6, 60], [0, 0], [2, 20], [0, 0]]
    assert answer.mean.tolist() == [[3, 30], [0, 0], [2, 20], [0, 0]]
    expected = [[0.0] * 3 for _ in range(2)]
    for n in range(2):
        for k in range(2):
            expected[n][answer.index[n, k]] = answer.src[n, k].item()
    assert answer.y.tolist() == expected


def test_default(default):
    """A group without rows has sum 0 and, with the count clamped to 1, mean 0."""
    for g in range(4):
        rows = [row for row, group in zip(X, [0, 2, 0], strict=True) if group == g]
        assert default.total[g].tolist() == [sum(row[d] for row in rows) for d in range(2)]
        assert default.mean[g].tolist() == [sum(row[d] for row in rows) / max(len(rows), 1) for d in range(2)]


def test_mirror(mirror):
    """scatter_ with the indices of topk puts the values back, and gather reads them again."""
    assert mirror.scores.tolist() == [[5, 1, 9], [2, 8, 4]]
    for row, kept in zip(mirror.scores.tolist(), mirror.kept.tolist(), strict=True):
        assert kept == [v if v in sorted(row)[-2:] else 0 for v in row]
    assert torch.equal(mirror.kept.gather(1, mirror.index), mirror.top)


def test_reduce(reduce):
    """scatter_reduce combines elements with the same index; include_self=False leaves out the old value where it writes."""
    groups = {0: [1.0, 4.0], 2: [2.0, 8.0]}
    y = torch.full((3,), 100.0)
    for name, function in (
        ("sum", sum),
        ("prod", lambda v: v[0] * v[1]),
        ("mean", lambda v: sum(v) / 2),
        ("amax", max),
        ("amin", min),
    ):
        result = y.scatter_reduce(0, reduce.group, reduce.x, name, include_self=False)
        assert result.tolist() == [function(groups[0]), 100, function(groups[2])]
    assert y.scatter_reduce(0, reduce.group, reduce.x, "sum").tolist() == [105, 100, 110]


def test_dim_0():
    """With dim=0, scatter_ writes src[k, c] to y[index[k, c], c]."""
    index, src = torch.tensor([[2, 0, 1], [0, 1, 2]]), torch.tensor([[1, 2, 3], [4, 5, 6]])
    expected = [[0] * 3 for _ in range(4)]
    for k in range(2):
        for c in range(3):
            expected[index[k, c]][c] = src[k, c].item()
    assert torch.zeros(4, 3, dtype=torch.long).scatter_(0, index, src).tolist() == expected


def test_index_select(raises):
    """index_select picks rows as x[i] does, but rejects negative indices."""
    x, i = torch.tensor(X), torch.tensor([2, 0, 2])
    assert x.index_select(0, i).tolist() == [X[2], X[0], X[2]] == x[i].tolist()
    assert x[torch.tensor([-1])].tolist() == [X[-1]]
    with raises(IndexError, "index out of range in self"):
        x.index_select(0, torch.tensor([-1]))


def test_index_copy():
    """index_copy_ overwrites rows instead of adding to them."""
    y = torch.full((3, 2), 7.0)
    y.index_copy_(0, torch.tensor([2, 0]), torch.tensor(X[:2]))
    assert y.tolist() == [X[1], [7, 7], X[0]]


def test_all_of_these_accumulate():
    """index_add_, scatter_add_, and index_put_ with accumulate=True add each value of a repeated index."""
    i, src = torch.tensor([1, 1, 0]), torch.tensor([2.0, 4.0, 8.0])
    assert torch.zeros(2).index_add_(0, i, src).tolist() == [8, 6]
    assert torch.zeros(2).scatter_add_(0, i, src).tolist() == [8, 6]
    assert torch.zeros(2).index_put_((i,), src, accumulate=True).tolist() == [8, 6]


def test_wrong(wrong):
    """With a repeated index, y[i] += src adds only one of the values, and y[i] = src and scatter_ keep only one."""
    assert wrong.total.tolist() == [1, 1] and wrong.group.bincount().tolist() == [2, 3]
    i, src = torch.tensor([1, 1, 1]), torch.tensor([2.0, 4.0, 8.0])
    y = torch.zeros(2)
    y[i] += src
    assert y[1] in src
    y[i] = src
    assert y[1] in src
    assert torch.zeros(2).scatter_(0, i, src)[1] in src


def test_gradient_of_repeated_indices():
    """With repeated indices, the gradient of scatter reaches also the values that were not kept."""
    src = torch.tensor([2.0, 4.0], requires_grad=True)
    y = torch.zeros(3).scatter(0, torch.tensor([1, 1]), src)
    assert y[1] in src and y.sum() in src
    y.sum().backward()
    assert src.grad.tolist() == [1, 1]


def test_right(right):
    """index_add_ adds every value: ones count how often each index occurs."""
    assert right.total.tolist() == [[0, 1, 1, 1, 0].count(g) for g in range(2)]


def test_index_covers_its_own_shape():
    """scatter_add_ reads src only where the index has elements, so an index of one column adds one column."""
    x, group = torch.tensor(X), torch.tensor([0, 2, 0])
    total = torch.zeros(4, 2).scatter_add_(0, group[:, None], x)
    assert total.tolist() == [[6, 0], [0, 0], [2, 0], [0, 0]]
    total = torch.zeros(4, 2).scatter_add_(0, group[:, None].expand_as(x), x)
    assert total.tolist() == [[6, 60], [0, 0], [2, 20], [0, 0]]


def test_what_scatter_rejects(raises):
    """src.to(y.dtype), index.long(), and index.unsqueeze(dim) mend what scatter rejects."""
    y = torch.zeros(2, 3)
    index, src = torch.tensor([[2], [0]]), torch.tensor([[5], [6]])
    with raises(RuntimeError, "scatter(): Expected self.dtype to be equal to src.dtype"):
        y.scatter_(1, index, src)
    with raises(RuntimeError, "scatter(): Expected dtype …int64 for index"):
        y.scatter_(1, index.short(), src.float())
    with raises(RuntimeError, "Index tensor must have the same number of dimensions as self tensor"):
        y.scatter_(1, index.squeeze(1), 1.0)
    with raises(RuntimeError, "Expected index [3, 1] to be no larger than self [2, 3] apart from dimension 1"):
        y.scatter_(1, torch.zeros(3, 1, dtype=torch.long), torch.ones(3, 1))
    with raises(RuntimeError, "and to be no larger size than src [1, 1]"):
        y.scatter_(1, index, torch.ones(1, 1))
    expected = [[0, 0, 5], [6, 0, 0]]
    assert y.clone().scatter_(1, index, src.to(y.dtype)).tolist() == expected
    assert y.clone().scatter_(1, index.short().long(), src.float()).tolist() == expected
    assert torch.equal(y.clone().scatter_(1, index.squeeze(1).unsqueeze(1), 1.0), F.one_hot(index[:, 0], 3).float())
    labels = torch.tensor([[0, 3, 1], [2, 2, 0]])  # (B, T)
    assert torch.equal(torch.zeros(2, 3, 4).scatter_(2, labels.unsqueeze(2), 1.0), F.one_hot(labels, 4).float())


def test_index_add_needs_one_dtype(raises):
    """index_add_ rejects values of another dtype; new_zeros creates the sums in the right one."""
    x, group = torch.tensor([1, 2, 4]), torch.tensor([0, 1, 0])
    with raises(RuntimeError, "index_add_(): self (Float) and source (Long) must have the same scalar type"):
        torch.zeros(2).index_add_(0, group, x)
    assert x.new_zeros(2).index_add_(0, group, x).tolist() == [5, 2]


def test_sums_in_small_dtypes():
    """Sums in uint8 wrap around; index_put_ of ones stops at 2048 in float16 and at 256 in bfloat16."""
    pixels, group = torch.full((3, 2), 200, dtype=torch.uint8), torch.tensor([0, 1, 0])
    assert pixels.new_zeros(2, 2).index_add_(0, group, pixels)[:, 0].tolist() == [400 - 256, 200]
    assert torch.zeros(2, 2).index_add_(0, group, pixels.float())[:, 0].tolist() == [400, 200]
    group = torch.zeros(3000, dtype=torch.long)
    for dtype, most in (torch.float16, 2048), (torch.bfloat16, 256), (torch.float32, 3000):
        ones = torch.ones(3000, dtype=dtype)
        assert ones.new_zeros(1).index_put_((group,), ones, accumulate=True).tolist() == [most]


def test_index_and_src_swapped(raises):
    """With index and src swapped, scatter_ complains about the dtype of the index."""
    index, src = torch.tensor([[2], [0]]), torch.tensor([[5.0], [6.0]])
    with raises(RuntimeError, "scatter(): Expected dtype …int64 for index"):
        torch.zeros(2, 3).scatter_(1, src, index)
    assert torch.zeros(2, 3).scatter_(1, index, src).tolist() == [[0, 0, 5], [6, 0, 0]]
