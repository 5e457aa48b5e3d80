"""Proofs of indexing."""

import os
import warnings

import numpy as np
import torch

ROWS = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def given():
    return {"torch": torch, "x": torch.arange(12).reshape(3, 4), "labels": torch.tensor([2, 0, 3])}


def test_answer(answer):
    """Slices, lists of indices, pairs, and masks select the same entries as loops over nested lists."""
    # the views show what was written to x afterwards: 9, 10, and 11 became 0
    after = [[v if v <= 8 else 0 for v in row] for row in ROWS]
    assert answer.column.tolist() == [row[1] for row in after]
    assert answer.last.tolist() == [row[3] for row in after]
    assert answer.rows.tolist() == [ROWS[0], ROWS[2]]
    assert answer.block.tolist() == [[ROWS[i][j] for j in (1, 3)] for i in (0, 2)]
    assert answer.picked.tolist() == [ROWS[0][2], ROWS[1][0], ROWS[2][3]]
    assert answer.large.tolist() == [9, 10, 11]
    assert answer.x.tolist() == after


def test_default(default):
    """Two lists of indices are paired; indexing twice gives the block; a 1-D mask selects rows."""
    x = default.x
    assert x.tolist() == ROWS
    assert x[[0, 2], [1, 3]].tolist() == [ROWS[0][1], ROWS[2][3]]
    assert x[[0, 2]][:, [1, 3]].tolist() == [[1, 3], [9, 11]]
    assert x[x.sum(dim=1) > 20].tolist() == [row for row in ROWS if sum(row) > 20]


def test_dims():
    """An integer drops its dim, and a slice of length 1 keeps it."""
    x = torch.zeros(3, 4)
    assert x[:, 1].shape == (3,) and x[:, 1:2].shape == (3, 1) and x[..., -1].shape == (3,)
    assert x[None].shape == (1, 3, 4)


def test_index_select_and_masked_select(raises):
    """index_select equals x[:, index] but refuses a negative index; masked_select equals x[mask] for a mask of the shape of x, not for a smaller one."""
    x, index = torch.arange(12).reshape(3, 4), torch.tensor([3, 0, 0])
    assert torch.equal(torch.index_select(x, 1, index), x[:, index])
    assert torch.equal(torch.masked_select(x, x > 8), x[x > 8])
    square, mask = x[:, :3], torch.tensor([True, False, True])
    assert square[mask].tolist() == [[0, 1, 2], [8, 9, 10]]  # rows
    assert torch.masked_select(square, mask).tolist() == [0, 2, 4, 6, 8, 10]  # columns of each row
    assert x[:, torch.tensor([-1])].tolist() == [[3], [7], [11]]
    with raises(IndexError, "Index is supposed to be a vector"):
        torch.index_select(x, 1, index[None])
    with raises(RuntimeError, "out of DATA bounds"):
        torch.index_select(x, 1, torch.tensor([-1]))


def test_write(write):
    """An index on the left of = writes to x, whatever kind it is."""
    rows = [list(row) for row in ROWS]
    rows[0][1] = 50
    for row, value in zip(rows, [70, 80, 90], strict=True):
        row[0] = value
    rows = [[-1 if v < 6 else v for v in row] for row in rows]
    rows[1] = [v + 100 for v in rows[1]]
    assert write.x.tolist() == rows
    x = torch.zeros(3, 4)
    x[[0, 2]] = 1
    x[1] = 1
    x[..., None][:] += 1
    assert x.eq(2).all()


def test_views(views):
    """Integers, slices, ..., and None give views; masks and lists of indices give copies."""
    shared = [part.untyped_storage().data_ptr() == views.x.untyped_storage().data_ptr() for part in views.parts]
    assert shared == [True, True, True, True, False, False]
    assert [tuple(part.shape) for part in views.parts] == [(4,), (3,), (2, 2), (1, 3, 4), (2, 4), (12,)]
    x = torch.zeros(3, 4)
    assert x[..., 1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert x[torch.tensor([0, 2])].untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


def test_wrong(wrong):
    """A second pair of brackets after a list of indices writes to a copy."""
    assert wrong.x.tolist() == ROWS


def test_right(right):
    """One pair of brackets writes to x."""
    assert right.x.tolist() == [[v if j != 1 or i == 1 else -1 for j, v in enumerate(row)] for i, row in enumerate(ROWS)]


def test_brackets_after_a_mask():
    """x[mask][0] = 1 changes nothing, x[mask] = 1 does; after an integer, a second pair of brackets writes to x."""
    x = torch.zeros(3)
    mask = torch.tensor([True, False, True])
    x[mask][0] = 1
    assert x.tolist() == [0, 0, 0]
    x[mask] = 1
    assert x.tolist() == [1, 0, 1]
    x = torch.zeros(2, 3)
    x[1][[0, 2]] = 7
    assert x.tolist() == [[0, 0, 0], [7, 0, 7]]


def test_wrong_repeat(wrong_repeat):
    """+= with an index that occurs three times adds once."""
    assert wrong_repeat.counts.tolist() == [float(c in [0, 2, 2, 2]) for c in range(3)]


def test_right_repeat(right_repeat):
    """index_add_ adds once for each occurrence."""
    assert right_repeat.counts.tolist() == [[0, 2, 2, 2].count(c) for c in range(3)]


def test_a_slice_keeps_the_storage():
    """A slice keeps the storage of the whole tensor, torch.save writes all of it, and a clone holds its own elements."""
    x = torch.zeros(100_000)
    part, clone = x[:10], x[:10].clone()
    del x
    assert part.untyped_storage().nbytes() == 400_000 and clone.untyped_storage().nbytes() == 40
    sizes = []
    for name, t in ("part.pt", part), ("clone.pt", clone):
        torch.save(t, name)
        sizes.append(os.path.getsize(name))
    assert sizes[0] > 400_000 and sizes[1] < 4000


def test_too_many_indices(raises):
    """More indices than dims raise; a 2-D mask counts as two, and a name one for each letter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with raises(IndexError, "too many indices for tensor of dimension 4"):
            torch.zeros(2, 3, 4, 4)["image"]
    x = torch.zeros(3)
    for index in ((0, 1), torch.ones(3, 3, dtype=torch.bool)):
        with raises(IndexError, "too many indices for tensor of dimension 1"):
            x[index]


def test_refused_indices(raises):
    """Float, int8, and int16 index tensors raise, int32 and int64 do not; torch.tensor([]) is float."""
    x = torch.arange(12).reshape(3, 4)
    for dtype in torch.float32, torch.int8, torch.int16:
        with raises(IndexError, "tensors used as indices must be long, int, byte or bool tensors"):
            x[torch.tensor([0, 2], dtype=dtype)]
    for dtype in torch.int32, torch.int64:
        assert x[torch.tensor([0, 2], dtype=dtype)].tolist() == [ROWS[0], ROWS[2]]
    assert x[torch.tensor([0.0, 2.0]).long()].tolist() == [ROWS[0], ROWS[2]]
    with raises(IndexError, "tensors used as indices"):
        x[torch.tensor([])]
    assert x[torch.tensor([], dtype=torch.long)].shape == (0, 4)
    with raises(IndexError, "valid indices (got float)"):
        x[3 / 2]
    assert x[3 // 2].tolist() == x[int(1.0)].tolist() == ROWS[1]


def test_negative_steps(raises):
    """A negative step raises; flip(0) reverses the rows, and flip(-1) the last dim."""
    x = torch.arange(12).reshape(3, 4)
    with raises(ValueError, "step must be greater than zero"):
        x[::-1]
    assert x.flip(0).tolist() == ROWS[::-1]
    assert x.flip(-1).tolist() == [row[::-1] for row in ROWS]


def test_shapes_that_do_not_fit(raises):
    """A mask needs the size of its dim, lists of indices one length, and values a shape that broadcasts."""
    x = torch.arange(12).reshape(3, 4)
    mask = torch.tensor([True, False, True, False])
    with raises(IndexError, "The shape of the mask [4] at index 0 does not match the shape of the indexed tensor [3, 4]"):
        x[mask]
    assert x[:, mask].tolist() == [[row[0], row[2]] for row in ROWS]
    with raises(IndexError, "indexing tensors could not be broadcast together with shapes [3], [2]"):
        x[[0, 1, 2], [0, 1]]
    assert x[[0, 1, 2]][:, [0, 1]].tolist() == [row[:2] for row in ROWS]
    written = x.clone()
    written[torch.tensor([0, 1, 2])[:, None], [0, 1]] = -1
    assert written.tolist() == [[-1, -1, *row[2:]] for row in ROWS]
    with raises(RuntimeError, "value tensor of shape [2] cannot be broadcast to indexing result of shape [2, 4]"):
        x[[0, 2]] = torch.tensor([1, 2])
    x[[0, 2]] = torch.tensor([[1], [2]])
    assert x.tolist() == [[1] * 4, ROWS[1], [2] * 4]


def test_a_list_of_lists():
    """A tuple of lists has one list per dim, and a tensor of indices selects rows. In 2.13, a list of lists or slices and a name warn."""
    x, index = torch.arange(12).reshape(3, 4), [[0, 2], [1, 2]]
    assert x[tuple(index)].tolist() == [ROWS[0][1], ROWS[2][2]]
    assert x[torch.tensor(index)].tolist() == [[ROWS[0], ROWS[2]], [ROWS[1], ROWS[2]]]
    slices = [slice(1, 3), slice(2)]
    assert x[tuple(slices)].tolist() == [row[:2] for row in ROWS[1:]]
    for unclear in index, slices, "image":
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                x[unclear]
            except IndexError:
                assert unclear == "image"
        warned = any("Using a non-tuple sequence" in str(w.message) for w in told)
        assert warned or torch.__version__ < "2.13"


def test_copy_where_a_mask_is_true(raises):
    """x[mask] = y with y of the shape of x raises, and x[mask] = y[mask] copies the marked elements."""
    x, y = torch.arange(12).reshape(3, 4), -torch.arange(12).reshape(3, 4)
    mask = x > 8
    with raises(RuntimeError, "value tensor of shape [3, 4] cannot be broadcast to indexing result of shape [3]"):
        x[mask] = y
    x[mask] = y[mask]
    assert x.tolist() == [ROWS[0], ROWS[1], [8, -9, -10, -11]]


def test_lists_cannot_be_assigned(raises):
    """A list, a NumPy array, a NumPy float32, and None cannot be assigned to an index; as_tensor, stack, and item() convert."""
    x, values = torch.zeros(3, 4), [1.0, 2.0, 3.0]
    for wrong in values, np.array(values), np.float32(1.0):
        with raises(TypeError, "can't assign a …to a torch.FloatTensor"):
            x[:, 0] = wrong
        x[:, 0] = torch.as_tensor(wrong)
    x[:, 1] = np.float32(1.0).item()
    assert x[:, 1].tolist() == [1.0, 1.0, 1.0]
    tensors = [torch.ones(3), torch.full((3,), 2.0)]
    for wrong in tensors, None:
        with raises(TypeError, "can't assign a …to a torch.FloatTensor"):
            x[:2, :3] = wrong
    x[:2, :3] = torch.stack(tensors)
    assert x[:2, :3].tolist() == [[1, 1, 1], [2, 2, 2]]
