"""Proofs of tabular-data."""

import csv
import io
import statistics
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

TABLE = b'age,income,city,label\n30,1e-8,"New\r\nYork",1\n45,2e-8,"Oslo, N",0\n27,4e-8,"New\r\nYork",2\n'


def given():
    Path("train.csv").write_bytes(b"\xef\xbb\xbf" + TABLE)
    return {"torch": torch, "csv": csv, "TensorDataset": TensorDataset}


def standardized(column):
    """By the formula, with n - 1."""
    return [(v - statistics.mean(column)) / statistics.stdev(column) for v in column]


def test_answer(answer):
    """Each sample is the standardized float32 row, the index of the category in sorted order, and the int64 label."""
    columns = [standardized([30, 45, 27]), standardized([1e-8, 2e-8, 4e-8])]
    cities = ["New\r\nYork", "Oslo, N", "New\r\nYork"]  # csv reads quoted commas and line ends
    assert [row["city"] for row in answer.rows] == cities
    for i, (num, cat, y) in enumerate(answer.train_set):
        torch.testing.assert_close(num, torch.tensor([column[i] for column in columns]))
        assert cat.item() == sorted({*cities}).index(cities[i])
        assert y.item() == [1, 0, 2][i]
        assert (num.dtype, cat.dtype, y.dtype) == (torch.float32, torch.int64, torch.int64)
    assert len(answer.train_set) == 3


def test_default(default):
    """csv.DictReader gives strings; after standardizing, every column has mean 0 and std 1."""
    assert default.rows[0] == {"age": "31", "income": "2.5", "city": "Rome", "label": "1"}
    num, cat, y = default.train_set.tensors
    torch.testing.assert_close(num[:, 0], torch.tensor(standardized([31, 44, 27, 50])))
    torch.testing.assert_close(num[:, 1], torch.tensor(standardized([2.5, 4, 1, 9])))
    assert [list(default.names)[i] for i in cat] == ["Rome", "Oslo", "Rome", "Bonn"]
    assert y.tolist() == [1, 0, 1, 0]


def test_test_rows(test_rows):
    """An empty cell filled with the training mean is 0 after standardizing, and an unknown category has an index of its own."""
    expected = [[(48 - 38) / 10, (5 - 4) / 2], [0, (3 - 4) / 2], [(33 - 38) / 10, 0]]
    assert [test_rows.names.get(row["city"], test_rows.unknown) for row in test_rows.rows] == [1, 3, 2]
    torch.testing.assert_close((test_rows.num - test_rows.mean) / test_rows.std, torch.tensor(expected))
    assert nn.Embedding(len(test_rows.names) + 1, 2)(torch.tensor(test_rows.unknown)).shape == (2,)


def test_model(model):
    """Embeddings of a category join the numbers along dim 1, and cross_entropy takes the int64 labels."""
    torch.manual_seed(1)
    net = model.Net(features=2, categories=3, classes=2)
    joined = torch.stack([torch.cat([n, net.embed.weight[c]]) for n, c in zip(model.num, model.cat, strict=True)])
    torch.testing.assert_close(net(model.num, model.cat), net.body(joined))
    assert [p.shape for p in net.body.parameters()] == [(16, 6), (16,), (2, 16), (2,)]
    assert sorted({*model.cat.tolist()}) == [0, 1, 2] and model.logits.shape == (5, 2)


def test_right(right):
    """np.loadtxt with skiprows=1 reads a table of numbers, in float32 if asked."""
    assert right.table.dtype == np.float32
    assert right.table.tolist() == [[float(v) for v in line.split(",")] for line in ("31,2.5,1", "44,4.0,0")]
    assert np.loadtxt(io.StringIO("1,2\n3,4"), delimiter=",").dtype == np.float64


def test_training_statistics():
    """Standardized with their own statistics, test rows that are shifted by 5 look like the training rows."""
    train = torch.tensor([[1.0], [2.0], [4.0]])
    test = train + 5
    std, mean = torch.std_mean(train, dim=0)
    own_std, own_mean = torch.std_mean(test, dim=0)
    torch.testing.assert_close((test - own_mean) / own_std, (train - mean) / std)
    assert ((test - mean) / std).min() > ((train - mean) / std).max()


def test_one_nan_spoils_the_loss(raises):
    """float of an empty cell raises, and a single NaN among the inputs makes the loss NaN."""
    with raises(ValueError, "could not convert string to float: ''"):
        float("")
    torch.manual_seed(0)
    x = torch.randn(6, 3)
    x[4, 1] = float(next(csv.DictReader(io.StringIO("age,income\n31,\n")))["income"] or "nan")
    for loss in (F.cross_entropy(nn.Linear(3, 2)(x), torch.arange(6) % 2), F.mse_loss(nn.Linear(3, 1)(x), torch.ones(6, 1))):
        assert loss.isnan()


def test_fill_with_nanmean():
    """With a NaN in a column, mean and std_mean give NaN, and nanmean gives the mean of the other rows."""
    num = torch.tensor([[1.0, 10.0], [float("nan"), 20.0], [4.0, 60.0]])
    assert num.mean(dim=0).isnan().tolist() == [True, False]
    assert torch.std_mean(num, dim=0)[0].isnan().tolist() == [True, False]
    filled = torch.where(num.isnan(), num.nanmean(dim=0), num)
    assert filled.tolist() == [[1.0, 10.0], [2.5, 20.0], [4.0, 60.0]]


def test_what_loadtxt_cannot_read(raises):
    """np.loadtxt names the column name of a header, or the whole line if the delimiter is another, or text in quotes."""
    for text, told in (("age,income\n1,2", "'age'"), ("31;2.5;1", "'31;2.5;1'"), ('"31",2', "'\"31\"'"), ("31,,1", "''")):
        with raises(ValueError, f"could not convert string {told} to float32 at row 0, column …"):
            np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.float32)


def test_commas_in_numbers(raises):
    """float reads neither a decimal comma nor a thousands comma; replaced by a point, 1,000 would become 1."""
    for text in ("3,5", "1,000"):
        with raises(ValueError, f"could not convert string to float: '{text}'"):
            float(text)
    assert float("3,5".replace(",", ".")) == 3.5
    assert (float("1,000".replace(",", ".")), float("1,000".replace(",", ""))) == (1, 1000)


def test_codes_are_not_numbers():
    """A linear layer on the code of a category puts category 1 halfway between 0 and 2; on one_hot it does not have to."""
    torch.manual_seed(0)
    cat = torch.tensor([0, 1, 2])
    low, middle, high = nn.Linear(1, 1)(cat[:, None].float()).flatten()
    torch.testing.assert_close(middle, (low + high) / 2)
    free = nn.Linear(3, 1)(F.one_hot(cat, 3).float()).flatten()
    assert (free[1] - (free[0] + free[2]) / 2).abs() > 1e-3


def test_float64_raises(raises):
    """A tensor from a float64 array raises in a float32 layer; with dtype=torch.float32 it works."""
    table, layer = np.array([[31, 2.5], [44, 4.0]]), nn.Linear(2, 1)
    with raises(RuntimeError, "must have the same dtype"):
        layer(torch.tensor(table))
    assert layer(torch.tensor(table, dtype=torch.float32)).shape == (2, 1)


def test_rows_have_to_agree(raises):
    """TensorDataset raises if the tensors differ in the number of rows, and gives tuples if they agree."""
    with raises(AssertionError, "Size mismatch between tensors"):
        TensorDataset(torch.ones(3, 1), torch.ones(2))
    sample = TensorDataset(torch.ones(3, 2), torch.arange(3))[2]
    assert isinstance(sample, tuple) and (sample[0].shape, sample[1].item()) == ((2,), 2)


def test_the_shape_of_a_regression_target():
    """mse_loss of (N, 1) and (N,) warns and averages over all N times N pairs; with (N, 1) it averages over the rows."""
    import warnings

    out, y = torch.tensor([[1.0], [2.0], [6.0]]), torch.tensor([1.0, 2.0, 6.0])
    assert F.mse_loss(out, y[:, None]) == 0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        wide = F.mse_loss(out, y)
    assert told and wide > 0


def test_the_byte_order_mark():
    """With a byte-order mark, utf-8 puts it into the first name and utf-8-sig drops it; without one, they read the same."""
    for mark, encoding, name in ((True, "utf-8", "\ufeffage"), (True, "utf-8-sig", "age"), (False, "utf-8-sig", "age")):
        Path("bom.csv").write_bytes(mark * b"\xef\xbb\xbf" + TABLE)
        with open("bom.csv", newline="", encoding=encoding) as file:
            assert csv.DictReader(file).fieldnames == [name, "income", "city", "label"]


def test_a_constant_column():
    """A constant column becomes 0, where a plain division gives NaN, and a later change by 1 stays 1; + 1e-8 gives 1e8."""
    num = torch.tensor([[0.3, 1.0], [0.3, 2.0], [0.3, 4.0]])
    std, mean = torch.std_mean(num, dim=0)
    assert ((num - mean) / std)[:, 0].isnan().all()
    assert ((num - mean) / std.where(std > 0, 1))[:, 0].tolist() == [0, 0, 0]
    later = torch.tensor([1.3, 2.0])
    torch.testing.assert_close(((later - mean) / std.where(std > 0, 1))[0], torch.tensor(1.0))
    torch.testing.assert_close(((later - mean) / (std + 1e-8))[0], torch.tensor(1e8))
