"""Proofs of numpy-astype."""

import numpy as np
import torch


def given():
    return {
        "np": np,
        "torch": torch,
        "array": np.array([[-1.7, 0.1], [2.9, 5.5]]),
        "data": np.array([[0.1, 4.0]]),
        "x": torch.tensor([0.1, -2.5], dtype=torch.float64),
        "labels": np.array([2, 0, 1], dtype=np.uint8),
    }


def test_answer(answer):
    """astype and to round to the same float32 numbers, and as_tensor converts arrays."""
    assert answer.array.dtype == np.float32
    assert (
        answer.array.tolist() == torch.tensor([[-1.7, 0.1], [2.9, 5.5]], dtype=torch.float64).float().tolist()
    )
    assert answer.x.dtype == torch.float32 and answer.x.tolist() == np.float32([0.1, -2.5]).tolist()
    assert answer.inputs.dtype == torch.float32 and answer.inputs.tolist() == [
        np.float32([0.1, 4.0]).tolist()
    ]
    assert answer.labels.dtype == torch.int64 and answer.labels.tolist() == [2, 0, 1]


def test_default(default):
    """Conversion to integers cuts decimals off, in torch as in NumPy."""
    assert default.whole.tolist() == [int(v) for v in [-1.7, 0.2, 2.9]]
    assert default.array.astype(np.int64).tolist() == default.whole.tolist()
    assert default.inputs.tolist() == np.float32([-1.7, 0.2, 2.9]).tolist()


def test_shared_names():
    """Types that both have share their names and convert to each other without a change."""
    for (
        name
    ) in "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 bool complex64 complex128".split():
        array = np.zeros(2, dtype=name)
        x = torch.from_numpy(array)
        assert x.dtype == getattr(torch, name) and x.numpy().dtype == array.dtype == np.dtype(name)


def test_types_of_torch_alone(raises):
    """NumPy has no bfloat16 and no float8, and numpy() raises for them; float() first makes it work."""
    for dtype in torch.bfloat16, torch.float8_e4m3fn:
        assert not hasattr(np, str(dtype).removeprefix("torch."))
        x = torch.ones(2).to(dtype)
        with raises(TypeError, "Got unsupported ScalarType"):
            x.numpy()
        assert x.float().numpy().tolist() == [1.0, 1.0]


def test_default_types():
    """A list of Python floats becomes float64 in NumPy and float32 in torch, and integers int64 in torch."""
    assert np.array([0.5]).dtype == np.zeros(1).dtype == np.float64
    assert torch.tensor([0.5]).dtype == torch.zeros(1).dtype == torch.float32
    assert torch.tensor([1]).dtype == torch.int64


def test_mixed(mixed):
    """Arrays promote each other; Python numbers do not promote float32; np.float64 numbers do since NumPy 2."""
    a, t = np.ones(3, dtype=np.float32), torch.ones(3)
    assert (a * np.ones(3)).dtype == np.float64 and (t * torch.from_numpy(np.ones(3))).dtype == torch.float64
    assert (a * 2.0).dtype == np.float32 and (t * 2.0).dtype == torch.float32
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        assert (a * np.float64(2)).dtype == np.float64
    assert (t * torch.tensor(2.0, dtype=torch.float64)).dtype == torch.float32
    assert (np.ones(3, dtype=np.int64) * 2.0).dtype == np.float64
    assert (torch.ones(3, dtype=torch.int64) * 2.0).dtype == torch.float32
    products = [(array.tolist(), x.tolist()) for array, x in mixed.mixed.values()]
    assert products == [([2, 2], [2, 2]), ([3, 4], [3, 4]), ([3, 3], [3, 3]), ([2, 2], [2, 2])]


def test_right(right):
    """A float32 copy of the array goes through the layer."""
    expected = right.layer.weight.sum(dim=1) + right.layer.bias  # the data are ones
    torch.testing.assert_close(right.y, expected.expand(2, 4))
    assert right.data.dtype == np.float64


def test_arrays_stay_float64(raises):
    """from_numpy, tensor, and as_tensor keep float64, and a float32 layer raises for it."""
    array = np.ones((2, 3))
    for x in torch.from_numpy(array), torch.tensor(array), torch.as_tensor(array):
        assert x.dtype == torch.float64
        with raises(RuntimeError, "must have the same dtype, but got Double and Float"):
            torch.nn.Linear(3, 4)(x)
        assert torch.nn.Linear(3, 4)(x.float()).dtype == torch.float32


def test_who_copies():
    """astype copies unless copy=False, and to returns the tensor itself if the type fits."""
    array, x = np.ones(2, dtype=np.float32), torch.ones(2)
    assert array.astype(np.float32) is not array and array.astype(np.float32, copy=False) is array
    assert x.to(torch.float32) is x and x.float() is x
    x.to(torch.float32)[0] = 7
    array.astype(np.float32)[0] = 7
    assert x.tolist() == [7.0, 1.0] and array.tolist() == [1.0, 1.0]


def test_each_has_its_own_names(raises):
    """A tensor has no astype, an array no to, and neither takes the other's types."""
    array, x = np.ones(2), torch.ones(2)
    with raises(AttributeError, "'Tensor' object has no attribute 'astype'"):
        x.astype(np.float32)
    with raises(AttributeError, "'numpy.ndarray' object has no attribute 'to'"):
        array.to(torch.float32)
    with raises(TypeError, "must be torch.dtype, not type"):
        torch.as_tensor(array, dtype=np.float32)
    with raises(TypeError, "Cannot interpret 'torch.float32' as a data type"):
        array.astype(torch.float32)


def test_integers_with_floats():
    """int64 times 2.0, times float32, or divided by int64 is float64 in NumPy and float32 in torch."""
    a, x = np.array([3, 4]), torch.tensor([3, 4])
    for array in a * 2.0, a * np.ones(2, np.float32), a / a:
        assert array.dtype == np.float64
    for tensor in x * 2.0, x * torch.ones(2), x / x:
        assert tensor.dtype == torch.float32
