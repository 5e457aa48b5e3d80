"""Proofs of object-array."""

from decimal import Decimal

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence


def given():
    a = np.array([[1, 2], np.array([3.5, 4.0, 5.0]), [6]], dtype=object)
    b = np.array([7, None, 2.5], dtype=object)
    return {"np": np, "torch": torch, "pad_sequence": pad_sequence, "a": a, "b": b}


def test_answer(answer):
    """Rows become (N, longest) float32, filled with 0; None becomes NaN."""
    assert answer.x.tolist() == [[1, 2, 0], [3.5, 4, 5], [6, 0, 0]]
    assert answer.x.dtype == answer.y.dtype == torch.float32
    assert answer.y[[0, 2]].tolist() == [7, 2.5] and answer.y[1].isnan()


def test_default(default):
    """pad_sequence fills the shorter rows with 0."""
    assert default.x.tolist() == [[1, 2, 0], [3.5, 0, 0], [4, 5, 6]]
    assert default.x.dtype == torch.float32


def test_right(right):
    """np.stack makes a numeric array of lists of the same length."""
    assert np.stack(right.a).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert np.stack(right.a).dtype == np.float64


def test_objects_that_are_numbers():
    """astype(np.float32) converts Decimal, integers beyond 64 bits, and strings of digits."""
    numbers = np.array([Decimal("0.5"), 2**70, "2.5"], dtype=object)
    assert torch.from_numpy(numbers.astype(np.float32)).tolist() == [0.5, 2.0**70, 2.5]


def test_other_types(raises):
    """Arrays of strings and dates raise the same message with another type name."""
    for values in ["a", "b"], np.array(["2024-01-01"], dtype="datetime64[D]"):
        array = np.array(values)
        with raises(TypeError, f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}"):
            torch.from_numpy(array)


def test_unsigned():
    """torch.from_numpy accepts uint16, uint32, and uint64."""
    for name in "uint16", "uint32", "uint64":
        tensor = torch.from_numpy(np.array([1, 2], dtype=name))
        assert tensor.dtype == getattr(torch, name) and tensor.tolist() == [1, 2]


def test_first_row_decides():
    """Without dtype, pad_sequence takes the dtype of the first row."""
    rows = [torch.tensor(row) for row in ([1, 2], [3.5])]
    assert pad_sequence(rows, batch_first=True).tolist() == [[1, 2], [3, 0]]


def test_mixed_columns(raises):
    """A text column, or bool columns beside floats or integers, make df.values object; to_numpy(dtype="float32") mends it."""
    import pandas as pd

    table = pd.DataFrame({"a": [1.5, 2.0], "b": ["x", "y"]})
    dummies = pd.get_dummies(table)
    for values in table.values, dummies.values, pd.DataFrame({"a": [1, 2], "b": [True, False]}).values:
        with raises(TypeError, "can't convert np.ndarray of type numpy.object_"):
            torch.from_numpy(values)
    assert torch.tensor(table[["a"]].to_numpy(dtype="float32")).tolist() == [[1.5], [2.0]]
    assert torch.tensor(dummies.to_numpy(dtype="float32")).tolist() == [[1.5, 1, 0], [2.0, 0, 1]]


def test_pd_na_raises(raises):
    """pd.NA in an object array cannot be made a float, while None becomes NaN."""
    import pandas as pd

    with raises(TypeError, "NAType"):
        np.array([1, pd.NA], dtype=object).astype(np.float32)
    assert np.isnan(np.array([1, None], dtype=object).astype(np.float32)).tolist() == [False, True]
