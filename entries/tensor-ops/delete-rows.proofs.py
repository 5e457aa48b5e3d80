"""Proofs of delete-rows."""

import numpy as np
import torch

NAN = float("nan")


def given():
    x = torch.arange(24.0).reshape(6, 4)
    x[3, 1] = NAN
    return {"torch": torch, "x": x, "y": torch.arange(6) * 10}


def test_answer(answer):
    """A mask drops rows of x and y alike, by index and by NaN; cat drops a column, and a slice the last row of both."""
    rows = [i for i in range(6) if i not in (1, 4)]
    assert answer.y.tolist() == [10 * i for i in rows if i != 3][:-1]
    assert answer.x.tolist() == [[4 * i + j for j in (0, 1, 3)] for i in rows if i != 3][:-1]


def test_default(default):
    """Indexing with the mask gives what np.delete gives."""
    x, y = default.x.numpy(), default.y.numpy()
    assert x[default.keep.numpy()].tolist() == np.delete(x, [1, 4], axis=0).tolist()
    assert y[default.keep.numpy()].tolist() == np.delete(y, [1, 4]).tolist()
    assert default.x.shape == (5, 3)


def test_values(values):
    """~torch.isin keeps what is not in the list, and, of indices, the other columns."""
    assert values.ids[~torch.isin(values.ids, values.banned)].tolist() == [v for v in [7, 3, 9, 3, 5, 8] if v not in (3, 8)]
    assert np.delete(values.x.numpy(), [0, 2], axis=1).tolist() == values.x[:, values.keep].tolist()


def test_missing(missing):
    """any(dim=1) of isnan marks rows with a NaN, and any(dim=1) of x != 0 rows that are not all zero."""
    assert missing.x.tolist() == [[1, 2], [0, 4]]


def test_one_per_row(one_per_row):
    """With one False in each row of the mask, x[mask].view(N, D - 1) drops one element of every row."""
    x, drop = one_per_row.x.tolist(), one_per_row.drop.tolist()
    assert x == [[4 * i + j for j in range(4)] for i in range(3)]
    expected = [[v for j, v in enumerate(row) if j != d] for row, d in zip(x, drop, strict=True)]
    assert one_per_row.x[one_per_row.keep].view(3, 3).tolist() == expected
    square = torch.arange(9).reshape(3, 3)
    assert square[~torch.eye(3, dtype=torch.bool)].view(3, 2).tolist() == [[1, 2], [3, 5], [6, 7]]


def test_right(right):
    """cat of the slices before and after row 1 deletes it."""
    assert right.x.tolist() == [[0, 1], [4, 5]]


def test_the_first_and_the_last_row_too():
    """cat([x[:i], x[i + 1:]]) works for every i >= 0, the first and the last row included, but not for i = -1."""
    x = torch.arange(6).reshape(3, 2)
    for i in range(3):
        assert torch.cat([x[:i], x[i + 1 :]]).tolist() == np.delete(x.numpy(), i, axis=0).tolist()
    assert len(torch.cat([x[:-1], x[-1 + 1 :]])) == 5 and x[:-1].tolist() == np.delete(x.numpy(), -1, axis=0).tolist()


def test_there_is_no_delete():
    """There is no torch.delete, and a tensor has no pop, remove, drop, or delete."""
    assert not hasattr(torch, "delete")
    assert not any(hasattr(torch.Tensor, name) for name in ("pop", "remove", "drop", "delete"))


def test_slices_share_memory():
    """x[:-1] and x[2:] share the memory of x; x[keep] is a copy."""
    x = torch.zeros(4, 2)
    x[:-1][0] = 5
    x[2:][0] = 6
    x[torch.tensor([True, False, True, True])][:] = 9
    assert x.tolist() == [[5, 5], [0, 0], [6, 6], [0, 0]]


def test_a_mask_of_the_same_shape():
    """A mask of the shape of x gives single elements in 1-D; reduced with all(dim=1) it gives rows."""
    x = torch.tensor([[1, 2], [3, 4], [5, 3], [6, 7]])
    assert x[x != 3].tolist() == [1, 2, 4, 5, 6, 7]
    assert x[(x != 3).all(dim=1)].tolist() == [[1, 2], [6, 7]]


def test_an_integer_mask():
    """An int64 mask is a list of indices, and ~ turns its 0 and 1 into -1 and -2; bool() makes it a mask."""
    x, mask = torch.tensor([[1], [2], [3]]), torch.tensor([1, 0, 1])
    assert x[mask].tolist() == [[2], [1], [2]]
    assert (~mask).tolist() == [-2, -1, -2]
    assert x[mask.bool()].tolist() == [[1], [3]] and x[~mask.bool()].tolist() == [[2]]


def test_one_mask_for_both(raises):
    """A mask computed from x after x was filtered no longer fits y."""
    x, y = torch.tensor([[1.0], [NAN], [3.0]]), torch.tensor([0, 1, 2])
    keep = ~x.isnan().any(dim=1)
    assert (x[keep].tolist(), y[keep].tolist()) == ([[1], [3]], [0, 2])
    x = x[keep]
    with raises(IndexError, "does not match the shape of the indexed tensor"):
        y[~x.isnan().any(dim=1)]


def test_nothing_left():
    """A mask without True gives the shape (0, D), and the mean of that is NaN for floats."""
    x = torch.ones(3, 2)
    empty = x[x[:, 0] > 5]
    assert empty.shape == (0, 2) and empty.mean().isnan()


def test_indices_shift_in_a_loop():
    """Deleting rows 0 and 1 one after the other deletes rows 0 and 2."""
    x = torch.arange(4)
    for i in (0, 1):
        x = torch.cat([x[:i], x[i + 1 :]])
    assert x.tolist() == [1, 3]


def test_gradients_reach_what_stays():
    """Gradients flow to the rows that stay, and are zero for the rows that were dropped."""
    x = torch.ones(3, 2, requires_grad=True)
    (3 * x[torch.tensor([True, False, True])]).sum().backward()
    assert x.grad.tolist() == [[3, 3], [0, 0], [3, 3]]
