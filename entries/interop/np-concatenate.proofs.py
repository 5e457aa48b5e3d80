"""Proofs of np-concatenate."""

import numpy as np
import torch


def given():
    return {
        "np": np,
        "torch": torch,
        "a": np.array([[1, 2], [3, 4]]),
        "b": np.array([[5, 6], [7, 8], [9, 0]]),
        "c": np.array([[-1], [-2]]),
        "p": np.array([1, 2, 3]),
        "q": np.array([4, 5, 6]),
        "x": torch.tensor([[1.0, 2.0]]),
        "u": torch.tensor([1.0, 2.0, 3.0]),
        "v": torch.tensor([4.0, 5.0, 6.0]),
        "y": torch.tensor([[3.0, 4.0], [5.0, 6.0]]),
    }


def test_answer(answer):
    """axis=0 adds rows, axis=1 adds columns, and stack makes a new axis."""
    assert answer.rows.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 0]]
    assert answer.columns.tolist() == [[1, 2, -1], [3, 4, -2]]
    assert answer.pairs.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert answer.z.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert answer.w.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_alias():
    """torch.concatenate does what torch.cat does, and takes axis= as well."""
    x, y = torch.ones(2, 3), torch.zeros(2, 4)
    assert torch.equal(torch.concatenate([x, y], axis=1), torch.cat([x, y], dim=1))


def test_default(default):
    """np.vstack puts one-dimensional arrays below each other, and np.hstack joins them end to end."""
    p, q = default.p, default.q
    assert np.vstack([p, q]).tolist() == [p.tolist(), q.tolist()]
    assert np.hstack([p, q]).tolist() == p.tolist() + q.tolist()
    assert np.vstack([default.a, default.b]).tolist() == np.concatenate([default.a, default.b], axis=0).tolist()
    assert np.hstack([default.a, default.c]).tolist() == np.concatenate([default.a, default.c], axis=1).tolist()


def test_batches(batches):
    """The outputs of the batches, joined once, are the outputs of the whole input in order."""
    expected = batches.x @ batches.model.weight.T + batches.model.bias
    torch.testing.assert_close(torch.from_numpy(batches.table), expected.detach())
    assert batches.x.shape == (10, 3) and len(batches.outputs) == 3


def test_right(right):
    """stack with axis=1 puts two one-dimensional arrays side by side."""
    assert np.stack([right.p, right.q], axis=1).tolist() == np.array([right.p, right.q]).T.tolist()


def test_integers_become_floats():
    """int64 joined with floats is float64 in NumPy, which changes 2**53 + 1 but not 2**53 + 2, and the dtype of the floats in torch; uint8 with float32 is float32."""
    ids = np.array([2**53 + 1])
    for dtype in np.float32, np.float64:
        joined = np.concatenate([ids, np.zeros(1, dtype=dtype)])
        assert joined.dtype == np.float64 and int(joined[0]) == 2**53
        assert int(np.concatenate([ids + 1, np.zeros(1, dtype=dtype)])[0]) == 2**53 + 2
    for dtype, wanted in (np.int32, np.float64), (np.int16, np.float32), (np.uint8, np.float32):
        assert np.concatenate([np.ones(1, dtype), np.zeros(1, np.float32)]).dtype == wanted
    for dtype in torch.float16, torch.float32, torch.float64:
        assert torch.cat([torch.tensor([3]), torch.zeros(1, dtype=dtype)]).dtype == dtype
    assert int(torch.cat([torch.tensor([2**24 + 1]), torch.zeros(1)])[0]) == 2**24


def test_append_flattens():
    """np.append flattens both arrays unless it gets an axis."""
    a, b = np.ones((2, 3)), np.zeros((1, 3))
    assert np.append(a, b).tolist() == [1] * 6 + [0] * 3
    assert np.append(a, b, axis=0).shape == (3, 3)


def test_tensors_with_gradients(raises):
    """np.concatenate raises for a tensor that requires gradients; detached it becomes an array."""
    x = torch.ones(2, requires_grad=True)
    with raises(RuntimeError, "Can't call numpy() on Tensor that requires grad"):
        np.concatenate([x, x])
    assert np.concatenate([x.detach().cpu(), x.detach().cpu()]).tolist() == [1] * 4


def test_each_call_copies():
    """The result of np.concatenate is a copy, also of a single array."""
    a = np.ones((2, 3))
    assert not np.shares_memory(np.concatenate([a]), a)


def test_one_list(raises):
    """np.concatenate(a, b) takes b for the axis and raises TypeError; a tuple is as good as a list."""
    a, b = np.ones(2), np.zeros(2)
    with raises(TypeError, "only integer scalar arrays"):
        np.concatenate(a, b)
    assert np.concatenate((a, b)).tolist() == [1, 1, 0, 0]


def test_a_list_has_no_array_index(raises):
    """A list indexed with an array raises the message about a scalar index; an array of the list takes it."""
    numbers, index = [5, 6, 7], np.array([2, 0])
    with raises(TypeError, "only integer scalar arrays can be converted to a scalar index"):
        numbers[index]
    assert np.array(numbers)[index].tolist() == [7, 5]


def test_squeeze_on_a_batch_of_one(raises):
    """squeeze() makes a batch of one 0-dimensional, which concatenate refuses; squeeze(1) keeps the batch."""
    full, last = torch.ones(3, 1), torch.ones(1, 1)
    with raises(ValueError, "all the input arrays must have same number of dimensions"):
        np.concatenate([full.squeeze().numpy(), last.squeeze().numpy()])
    with raises(ValueError, "zero-dimensional arrays cannot be concatenated"):
        np.concatenate([last.squeeze().numpy()])
    assert np.concatenate([full.squeeze(1).numpy(), last.squeeze(1).numpy()]).shape == (4,)


def test_argmax_of_one_sample(raises):
    """np.argmax with axis=1 raises the same for the scores of a single sample, and takes them as a batch of one."""
    scores = np.array([0.1, 0.7, 0.2])
    with raises(IndexError, "axis 1 is out of bounds for array of dimension 1"):
        np.argmax(scores, axis=1)
    assert np.argmax(scores[None], axis=1).tolist() == [1]
