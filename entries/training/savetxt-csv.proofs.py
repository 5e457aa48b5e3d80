"""Proofs of savetxt-csv."""

import csv
from pathlib import Path

import numpy as np
import torch


def given():
    values = torch.tensor([[0.1, -2.75, 1 / 3]], requires_grad=True)
    return {"np": np, "torch": torch, "x": values, "original": values.detach().clone()}


def read(array, **options):
    """What savetxt writes."""
    np.savetxt("written.csv", array, **options)
    return Path("written.csv").read_text()


def test_answer(answer):
    """%.9g, written and read back, gives the same float32 numbers, and ndmin=2 keeps a single row a matrix."""
    assert torch.equal(answer.x, answer.original) and answer.x.shape == (1, 3)
    assert Path("x.csv").read_text() == "0.100000001,-2.75,0.333333343\n"


def test_every_float32():
    """%.9g brings back every one of many float32 numbers exactly."""
    torch.manual_seed(0)
    bits = torch.randint(-(2**31), 2**31 - 1, (4000, 2)).to(torch.int32)
    x = bits.view(torch.float32).nan_to_num(1.5, 2.5, 3.5)
    np.savetxt("all.csv", x.numpy(), fmt="%.9g", delimiter=",")
    back = np.loadtxt("all.csv", delimiter=",", dtype=np.float32)
    assert np.array_equal(back, x.numpy())
    np.savetxt("all.csv", x.numpy(), fmt="%.8g", delimiter=",")
    assert not np.array_equal(np.loadtxt("all.csv", delimiter=",", dtype=np.float32), x.numpy())


def test_default(default):
    """The file holds the header and one line per row, and reads back as the same int64 matrix."""
    assert Path("matrix.csv").read_text() == "cat,dog,bird\n5,1,0\n2,7,3\n"
    assert default.back.tolist() == default.matrix.tolist() and default.back.dtype == np.int64
    np.savetxt("matrix.csv", default.matrix[:1].numpy(), fmt="%d", delimiter=",", header="a,b,c", comments="")
    assert np.loadtxt("matrix.csv", delimiter=",", skiprows=1, ndmin=2).tolist() == [[5, 1, 0]]


def test_named_rows(named_rows):
    """The csv module quotes a name that holds a comma, and utf-8-sig writes the mark by which Excel knows UTF-8."""
    assert Path("named.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    with open("named.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert (
        rows[0] == ["true/predicted", *named_rows.names] and [row[0] for row in rows[1:]] == named_rows.names
    )
    assert [[int(v) for v in row[1:]] for row in rows[1:]] == named_rows.matrix.tolist()
    assert b'"dog, small"' in Path("named.csv").read_bytes()


def test_percent_d_cuts_off(wrong, raises):
    """%d writes the integer part and raises for NaN and inf, which %g writes as nan and inf."""
    assert read(wrong.scores, fmt="%d", delimiter=",") == "0,12\n0,-2\n"
    for value in "nan", "inf":
        with raises((ValueError, OverflowError), "cannot convert float"):
            read([[float(value)]], fmt="%d")
        assert read([[float(value)]], fmt="%g") == value + "\n"


def test_right(right):
    """The numbers of the file are the float32 numbers of the tensor."""
    back = np.loadtxt("scores.csv", delimiter=",", dtype=np.float32)
    assert back.tolist() == right.scores.tolist()
    assert right.scores.tolist() == np.float32([[0.9, 12.1], [1 / 3, -2.75]]).tolist()


def test_defaults():
    """Without fmt each number is written as %.18e, without delimiter blanks stand between, and a header gets # ."""
    assert read([[0.1, 2.0]]) == "1.000000000000000056e-01 2.000000000000000000e+00\n"
    assert len("1.000000000000000056e-01") == 24
    assert read([[1, 2]], fmt="%d", delimiter=",", header="a,b") == "# a,b\n1,2\n"
    assert read([[1, 2]], fmt="%d", delimiter=",", header="a,b", comments="") == "a,b\n1,2\n"
    assert read([[3]], fmt="%d") == "3\n"  # the old file was overwritten


def test_what_numpy_takes(raises):
    """numpy() raises for a tensor that requires grad and for bfloat16, and detach() and float() make it work."""
    with raises(RuntimeError, "Can't call numpy() on Tensor that requires grad"):
        torch.ones(2, requires_grad=True).numpy()
    assert torch.ones(2, requires_grad=True).detach().cpu().numpy().tolist() == [1.0, 1.0]
    with raises(TypeError, "Got unsupported ScalarType BFloat16"):
        torch.ones(2, dtype=torch.bfloat16).numpy()
    assert torch.ones(2, dtype=torch.bfloat16).float().numpy().tolist() == [1.0, 1.0]


def test_one_or_two_dimensions(raises):
    """savetxt raises for scalars and for three dimensions; view(1) and flatten(1) mend it, and np.save keeps the shape."""
    x = torch.arange(8.0).view(2, 2, 2)
    for array, dims in (x, 3), (torch.tensor(1.0), 0):
        with raises(ValueError, f"Expected 1D or 2D array, got {dims}D array instead"):
            np.savetxt("no.csv", array.numpy())
    assert read(x.flatten(1), fmt="%g", delimiter=",") == "0,1,2,3\n4,5,6,7\n"
    assert read(torch.tensor(2.5).view(1), fmt="%g") == "2.5\n"
    np.save("x.npy", x.numpy())
    assert np.load("x.npy").tolist() == x.tolist()


def test_vectors_become_columns():
    """A vector is written one number a line and comes back as (N, 1) with ndmin=2, and as (N,) with ndmin=1, one number too;
    x[None] is written as a row."""
    x = torch.tensor([1.0, 2.0, 3.0])
    assert read(x, fmt="%g", delimiter=",") == "1\n2\n3\n"
    assert np.loadtxt("written.csv", delimiter=",", ndmin=2).shape == (3, 1)
    assert np.loadtxt("written.csv", delimiter=",").tolist() == [1.0, 2.0, 3.0]
    assert read(x[None], fmt="%g", delimiter=",") == "1,2,3\n"
    assert np.loadtxt("written.csv", delimiter=",").shape == (3,)  # one row
    assert np.loadtxt("written.csv", delimiter=",", ndmin=2).shape == (1, 3)
    for numbers in [2.5], [2.5, 3.5]:
        read(torch.tensor(numbers), fmt="%g")
        assert np.loadtxt("written.csv", ndmin=1).tolist() == numbers
    read(torch.tensor([2.5]), fmt="%g")
    assert np.loadtxt("written.csv").shape == ()

def test_pandas():
    """DataFrame(array, columns=names).to_csv(path, index=False) writes the names, then the numbers."""
    import pandas as pd

    array = torch.tensor([[0.5, 2.0]]).numpy()
    pd.DataFrame(array, columns=["cat", "dog"]).to_csv("frame.csv", index=False)
    assert Path("frame.csv").read_text() == "cat,dog\n0.5,2.0\n"


def test_the_file_is_closed():
    """savetxt closes the file that it opened."""
    import gc
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        np.savetxt("closed.csv", [[1.0]])
        gc.collect()
    Path("closed.csv").unlink()
    assert not Path("closed.csv").exists()


def test_long_integers():
    """%.9g rounds an integer of ten or more digits, and %d keeps it."""
    x = torch.tensor([[1234567891, 123456789]])
    assert read(x, fmt="%.9g", delimiter=",") == "1.23456789e+09,123456789\n"
    assert read(x, fmt="%d", delimiter=",") == "1234567891,123456789\n"
