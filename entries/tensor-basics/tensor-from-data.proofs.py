"""Proofs of tensor-from-data."""

import math
import warnings
from decimal import Decimal

import numpy as np
import torch
from torch import nn


def given():
    return {
        "torch": torch,
        "array": np.array([1.5, 2.5]),
        "tensors": [torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])],
    }


def test_answer(answer):
    """as_tensor shares memory and dtype of the array; stack adds a dim; detach().clone() is a copy."""
    assert answer.x.tolist() == [[1, 2], [3, 4]] and answer.x.dtype == torch.float32
    assert answer.features.dtype == torch.float32 and answer.shared.dtype == torch.float64
    answer.array[0] = -1
    answer.x[0, 0] = 7
    assert answer.shared.tolist() == [-1, 2.5] and answer.features.tolist() == [1.5, 2.5]
    assert answer.batch.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert answer.copy.tolist() == [[1, 2], [3, 4]]


def test_default(default):
    """The values of a NumPy array survive the conversion to float32."""
    assert default.x.tolist() == default.array.tolist() == [1.5, 2.5] and default.x.dtype == torch.float64


def test_inferred_dtypes():
    """Floats give float32, integers int64, booleans bool, integers with one float float32; NumPy data keep their dtype."""
    for data in [5, -1.5, True, [1, 2], [1.0], [True], [1, 2.5], [True, 2], (1, 2), [[1, 2, 3], [4, 5, 6]]]:
        flat = np.ravel(data).tolist() if not isinstance(data, list | tuple) else data
        kinds = {type(v) for row in flat for v in (row if isinstance(row, list) else [row])}
        wanted = torch.float32 if float in kinds else torch.int64 if int in kinds else torch.bool
        x = torch.tensor(data)
        assert x.dtype == wanted and x.tolist() == (list(data) if isinstance(data, tuple) else data)
    for dtype in "float64", "float32", "float16", "int32", "uint8", "bool":
        assert str(torch.tensor(np.ones(2, dtype=dtype)).dtype) == f"torch.{dtype}"


def test_the_default_dtype():
    """Python floats follow the default dtype."""
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.tensor([1.0]).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_layer_rejects_float64(raises):
    """A float32 layer rejects the float64 of a NumPy array."""
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype"):
        nn.Linear(2, 3)(torch.tensor(np.array([[1.5, 2.5]])))


def test_shared(shared):
    """tensor copies, as_tensor shares with an array of the same dtype and copies for another dtype."""
    assert shared.copy.tolist() == shared.single.tolist() == [1.5, 2.5, 3.5]
    assert shared.shared.tolist() == [-1, 2.5, 3.5] and shared.single.dtype == torch.float32
    shared.shared[1] = 7
    assert shared.array.tolist() == [-1, 7, 3.5]


def test_as_tensor_returns_a_tensor_itself():
    """as_tensor returns a tensor as it is, and copies a list."""
    x, data = torch.ones(2), [1, 2]
    y = torch.as_tensor(data)
    data[0] = 5
    assert torch.as_tensor(x) is x and y.tolist() == [1, 2]


def test_wrong(wrong):
    """torch.Tensor(2, 3) takes sizes, and torch.Tensor([1, 2]) makes floats of integers."""
    assert wrong.point.shape == (2, 3)
    assert torch.Tensor([1, 2]).dtype == torch.float32 and torch.Tensor([1, 2]).tolist() == [1, 2]


def test_right(right):
    """torch.tensor([2, 3]) holds the numbers 2 and 3 as int64."""
    assert right.point.tolist() == [2, 3] and right.point.dtype == torch.int64


def test_right_none(right_none):
    """NaN makes the column float and marks the missing value."""
    assert right_none.x.isnan().tolist() == [False, True, False]
    assert [v for v in right_none.x.tolist() if not math.isnan(v)] == [31, 54]


def test_tensor_cuts_the_graph():
    """torch.tensor([a, b]) of scalar tensors is a new leaf without graph; torch.stack([a, b]) keeps the gradients."""
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.tensor([a, b])
    assert x.is_leaf and not x.requires_grad and x.tolist() == [2, 3]
    (torch.stack([a, b]) * torch.tensor([5.0, 7.0])).sum().backward()
    assert (a.grad, b.grad) == (5, 7)


def warned(function, text):
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            result = function()
    finally:
        torch.set_warn_always(before)
    return result, any(text in str(w.message) for w in seen)


def test_a_list_of_arrays_warns():
    """A list of NumPy arrays warns that it is slow; joined to one array, the result is the same without a warning."""
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    slow, told = warned(lambda: torch.tensor(arrays), "list of numpy.ndarrays is extremely slow")
    fast, again = warned(lambda: torch.tensor(np.array(arrays)), "slow")
    assert told and not again and torch.equal(slow, fast)


def test_a_tensor_warns():
    """torch.tensor on a tensor warns, and detach().clone() gives the same without a warning."""
    x = torch.ones(2, requires_grad=True)
    copy, told = warned(lambda: torch.tensor(x), "To copy construct from a tensor")
    other, again = warned(lambda: x.detach().clone(), "")
    assert told and not again and torch.equal(copy, other) and not copy.requires_grad


def test_what_is_refused(raises):
    """A set, a generator, a string, several arguments, and an integer beyond int64 raise; lists of them do not."""
    for data, kind in ({1, 2}, "set"), ((i for i in [1, 2]), "generator"), ({"a": 1}, "dict"):
        with raises(RuntimeError, f"Could not infer dtype of {kind}"):
            torch.tensor(data)
    assert torch.tensor(list({1, 2})).tolist() == [1, 2] == torch.tensor(list(i for i in [1, 2])).tolist()
    with raises(RuntimeError, "Could not infer dtype of decimal.Decimal"):
        torch.tensor(Decimal("1.5"))
    with raises(RuntimeError, "Could not infer dtype of builtin_function_or_method"):
        torch.tensor([1.0, [].count])
    with raises(TypeError, "new(): data must be a sequence (got set)"):
        torch.Tensor({1, 2})
    with raises(TypeError, "tensor() takes 1 positional argument but 2 were given"):
        torch.tensor([1, 2], torch.float32)
    for data in "1", [1, "2"]:
        with raises(TypeError, "new(): invalid data type 'str'"):
            torch.tensor(data)
    with warnings.catch_warnings(), raises(TypeError, "new(): invalid data type 'str'"):
        warnings.simplefilter("ignore")
        torch.ones(2, 3)["x"]
    assert torch.tensor(list({"a": 1, "b": 2}.values())).tolist() == [1, 2]
    with raises(TypeError, "new(): data must be a sequence (got float)"):
        torch.Tensor(2.0)
    with raises(TypeError, "tensor() takes 1 positional argument but 2 were given"):
        torch.tensor(2, 3)
    with raises((ValueError, RuntimeError), "Overflow when unpacking long"):
        torch.tensor([2**63])
    with raises((ValueError, RuntimeError), "Overflow when unpacking long"):
        torch.manual_seed(2**64)
    assert torch.tensor([2**63], dtype=torch.float64).item() == 2**63
    assert torch.tensor([2**64 - 1], dtype=torch.uint64).tolist() == [2**64 - 1]
    assert torch.tensor(2**63 - 1).item() == 2**63 - 1 and torch.tensor(2.0).item() == 2


def test_a_pil_image(raises):
    """torch.tensor, torch.Tensor, and functions such as relu refuse a PIL image; torch.tensor takes np.array of it."""
    from PIL import Image

    image = Image.new("RGB", (4, 2))
    with raises(RuntimeError, "Could not infer dtype of Image"):
        torch.tensor(image)
    with raises(TypeError, "data must be a sequence (got Image)"):
        torch.Tensor(image)
    with raises(TypeError, "argument 'input' (position 1) must be Tensor, not Image"):
        torch.relu(image)
    with raises(RuntimeError, "Could not infer dtype of Image"):
        torch.as_tensor(image)
    assert torch.tensor(np.array(image)).shape == (2, 4, 3)


def test_as_tensor_gives_functions_what_they_take(raises):
    """torch functions refuse lists and numbers, and take them after as_tensor."""
    with raises(TypeError, "must be Tensor, not list"):
        torch.sum([1, 2])
    assert torch.sum(torch.as_tensor([1, 2])) == 3
    with raises(TypeError, "must be Tensor, not NoneType"):
        torch.sum(torch.nn.Linear(2, 3).weight.grad)
    with raises(TypeError, "invalid combination of arguments"):
        torch.ones(6).view(6 / 2, 2)
    assert torch.ones(6).view(6 // 2, 2).shape == (3, 2)
