"""Proofs of cat-vs-stack."""

import torch


def given():
    return {"torch": torch, "a": torch.arange(6.0).view(2, 3), "b": torch.arange(6.0, 12.0).view(2, 3)}


def test_answer(answer):
    """cat appends rows with dim=0 and columns with dim=1; stack adds a dimension in front."""
    assert answer.long.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert answer.wide.tolist() == [[0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11]]
    assert answer.batch.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def test_default(default):
    """stack equals cat after unsqueeze, and unbind undoes it."""
    parts = [default.a, default.b, default.c]
    assert [t.unique().tolist() for t in parts] == [[0.0], [1.0], [2.0]]
    for dim in range(3):
        stacked = torch.stack(parts, dim=dim)
        assert torch.equal(stacked, torch.cat([t.unsqueeze(dim) for t in parts], dim=dim))
        assert all(torch.equal(t, back) for t, back in zip(parts, stacked.unbind(dim=dim), strict=True))


def test_loop(loop):
    """cat joins batches of different lengths; stack joins scalars into a vector."""
    assert loop.outputs[:, 0].tolist() == [4.0] * 8 + [2.0] * 2
    assert loop.losses.tolist() == [4.0, 4.0, 2.0]


def test_channels(channels):
    """cat along dim=1 puts the channels of the second feature map after those of the first."""
    assert channels.x.amax(dim=(0, 2, 3)).tolist() == [0.0] * 16 + [1.0] * 32
    assert channels.x.amin(dim=(0, 2, 3)).tolist() == [0.0] * 16 + [1.0] * 32


def test_right(right):
    """stack joins scalars, which cat rejects."""
    assert [round(v, 4) for v in right.losses.tolist()] == [0.9, 0.4]


def test_sizes(raises):
    """cat lets the sizes differ only in the joined dimension; stack needs equal shapes."""
    a, b = torch.ones(2, 3), torch.ones(4, 3)
    assert torch.cat([a, b]).shape == (6, 3)
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 1"):
        torch.cat([a, b], dim=1)
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack([a, b])


def test_dtypes():
    """cat and stack promote int64 and float32 to float32, and float32 and float64 to float64."""
    i, f, d = torch.tensor([1]), torch.tensor([0.5]), torch.tensor([0.25], dtype=torch.float64)
    for join in torch.cat, torch.stack:
        assert join([i, f]).dtype == torch.float32
        assert join([f, d]).dtype == torch.float64
        assert join([i, f]).flatten().tolist() == [1.0, 0.5]


def test_concat():
    """torch.concat gives what torch.cat gives."""
    a, b = torch.ones(2, 3), torch.zeros(2, 4)
    assert torch.equal(torch.concat([a, b], dim=1), torch.cat([a, b], dim=1))


def test_cat_copies_everything():
    """The result of cat has memory of its own, so each call copies all elements again."""
    x = torch.arange(3)
    y = torch.cat([x, torch.tensor([3])])
    x[0] = 100
    assert y.tolist() == [0, 1, 2, 3]


def test_vectors():
    """cat of two vectors is one vector; stack makes them the rows of a matrix."""
    a, b = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    assert torch.cat([a, b]).tolist() == [1, 2, 3, 4, 5, 6]
    assert torch.stack([a, b]).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_messages(raises):
    """unsqueeze mends different numbers of dimensions; an empty list raises in cat and in stack."""
    a, b = torch.ones(2, 3), torch.zeros(3)
    with raises(RuntimeError, "Tensors must have same number of dimensions: got 2 and 1"):
        torch.cat([a, b])
    assert torch.cat([a, b.unsqueeze(0)]).tolist() == [[1.0] * 3, [1.0] * 3, [0.0] * 3]
    with raises((ValueError, RuntimeError), "expected a non-empty list of Tensors"):
        torch.cat([])
    with raises(RuntimeError, "stack expects a non-empty TensorList"):
        torch.stack([])


def test_elements_that_are_no_tensors(raises):
    """cat rejects an array, a list of tensors, and None; as_tensor mends the array, flattening the lists, and None has no mend."""
    x = torch.ones(2)
    for wrong, name in (x.numpy(), "numpy.ndarray"), ([x], "list"), (None, "NoneType"):
        for join in torch.cat, torch.stack:
            with raises(TypeError, f"expected Tensor as element 1 in argument 0, but got {name}"):
                join([x, wrong])
    assert torch.cat([x, torch.as_tensor(x.numpy())]).shape == (4,)
    assert torch.cat([t for part in ([x], [x, x]) for t in part]).shape == (6,)
    with raises(RuntimeError, "Could not infer dtype of NoneType"):
        torch.as_tensor(None)


def test_empty_is_skipped(raises):
    """cat skips torch.tensor([]) whatever the other shapes, and its float32 takes part in the promotion; stack does not skip it."""
    x = torch.arange(6).view(2, 3)
    joined = torch.cat([torch.tensor([]), x])
    assert joined.tolist() == x.tolist() and joined.dtype == torch.float32
    assert torch.cat([torch.tensor([]), x.half()]).dtype == torch.float32
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 0"):
        torch.cat([torch.ones(0, 4), x])
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack([torch.tensor([]), torch.ones(2)])


def test_squeeze_of_a_batch_of_one(raises):
    """squeeze() makes a scalar of the output for a batch of one, which neither cat nor stack joins; squeeze(1) keeps it."""
    outputs = [torch.full((n, 1), float(n)) for n in (4, 4, 1)]
    with raises(RuntimeError, "zero-dimensional tensor (at position 2) cannot be concatenated"):
        torch.cat([y.squeeze() for y in outputs])
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack([y.squeeze() for y in outputs])
    assert torch.cat([y.squeeze(1) for y in outputs]).tolist() == [4.0] * 8 + [1.0]


def test_numbers(raises):
    """For cat, a number becomes a tensor of one element; as a scalar it fits only stack."""
    x = torch.ones(2)
    with raises(TypeError, "expected Tensor as element 1 in argument 0, but got float"):
        torch.cat([x, 3.0])
    with raises(RuntimeError, "zero-dimensional tensor (at position 1) cannot be concatenated"):
        torch.cat([x, torch.as_tensor(3.0)])
    assert torch.cat([x, torch.tensor([3.0])]).tolist() == [1, 1, 3]
    assert torch.stack([torch.tensor(1.0), torch.tensor(3.0)]).tolist() == [1, 3]
