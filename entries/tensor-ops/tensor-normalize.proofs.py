"""Proofs of tensor-normalize."""

import math
import warnings

import torch
import torch.nn.functional as F

X = [[3.0, 4.0], [6.0, -8.0], [0.0, 0.0]]


def given():
    x = torch.tensor([[3.0, 4.0, 0.0, 5.0], [1.0, -2.0, 2.0, 7.0]])
    train = torch.tensor([[1.0, 2.0, 6.0, 5.0], [2.0, 7.0, 3.0, 5.0], [9.0, 4.0, 1.0, 5.0]])  # the last one is constant
    images = torch.arange(64.0).view(2, 4, 2, 4)
    return {"torch": torch, "F": F, "x": x, "train": train, "images": images}


def test_answer(answer):
    """Unit rows have length 1, z and min-max use the training set, and a constant column is only shifted."""
    x, train = answer.x.tolist(), answer.train.tolist()
    norms = [math.sqrt(sum(v * v for v in row)) for row in x]
    torch.testing.assert_close(answer.unit, torch.tensor([[v / n for v in row] for row, n in zip(x, norms)]))
    dot = sum(a * b for a, b in zip(*x))
    torch.testing.assert_close(answer.cosine, torch.tensor([[1.0, dot / math.prod(norms)], [dot / math.prod(norms), 1.0]]))
    for j, column in enumerate(zip(*train)):
        m = sum(column) / 3
        s = math.sqrt(sum((v - m) ** 2 for v in column) / 2)
        low, width = min(column), max(column) - min(column)
        for i in range(2):
            assert math.isclose(answer.z[i, j], (x[i][j] - m) / (s or 1), rel_tol=1e-5)
            assert math.isclose(answer.scaled[i, j], (x[i][j] - low) / (width or 1), rel_tol=1e-5)
        if s:
            plane = torch.arange(64.0).view(2, 4, 2, 4)[:, j]
            torch.testing.assert_close(answer.images[:, j], (plane - m) / s)


def test_default(default):
    """F.normalize gives length 1 or 0, std_mean standardizes to mean 0 and std 1, min-max to 0 and 1."""
    x = default.x
    assert x.tolist() == X
    torch.testing.assert_close(F.normalize(x, dim=-1), torch.tensor([[0.6, 0.8], [0.6, -0.8], [0.0, 0.0]]))
    z = (x - default.mean) / default.std
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(z.std(dim=0), torch.ones(2))
    assert default.low.tolist() == [0, -8] and default.high.tolist() == [6, 4]


def test_images(images):
    """mean[:, None, None] lines up with the channels of (N, C, H, W), and multiplying by std and adding mean undoes it."""
    assert images.images.shape == images.x.shape == (2, 3, 4, 5)
    assert images.images.dtype == images.back.dtype == torch.uint8
    for c, (m, s) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
        values = images.images[:, c].flatten().tolist()
        torch.testing.assert_close(images.x[:, c].flatten(), torch.tensor([(v / 255 - m) / s for v in values]))
    assert torch.equal(images.back, images.images)


def test_zero_rows():
    """A zero row stays zero, and a row shorter than eps = 1e-12 is divided by eps."""
    assert F.normalize(torch.zeros(1, 3)).tolist() == [[0, 0, 0]]
    torch.testing.assert_close(F.normalize(torch.tensor([[3e-13, 4e-13]])), torch.tensor([[0.3, 0.4]]))


def test_float16_and_integers(raises):
    """In float16 a zero row becomes NaN, because 1e-12 rounds to 0, and integers raise; after float() both work."""
    zeros = torch.zeros(1, 3, dtype=torch.float16)
    assert torch.tensor(1e-12, dtype=torch.float16) == 0
    assert F.normalize(zeros).isnan().all() and F.normalize(zeros.float()).tolist() == [[0, 0, 0]]
    ints = torch.tensor([[3, 4]])
    for function in (F.normalize, torch.mean, torch.std):
        with raises(RuntimeError, "floating point"):
            function(ints)
    torch.testing.assert_close(F.normalize(ints.float()), torch.tensor([[0.6, 0.8]]))


def test_training_statistics(training_statistics):
    """The statistics come from the training set, and a constant feature keeps its difference from the mean."""
    s = math.sqrt(((1 - 4) ** 2 + (3 - 4) ** 2 + (8 - 4) ** 2) / 2)
    torch.testing.assert_close(
        (training_statistics.test - training_statistics.mean) / training_statistics.std,
        torch.tensor([[0.0, 0.0], [(15 - 4) / s, 12 - 10.0]]),
    )


def test_cosine(cosine):
    """The product of unit rows is the cosine of the angle, as cosine_similarity computes it."""
    torch.testing.assert_close(cosine.similarity, F.cosine_similarity(cosine.a[:, None], cosine.b[None], dim=2))
    torch.testing.assert_close(cosine.similarity, torch.tensor([[0, 1], [0.5**0.5, 0.5**0.5], [-1, 0]]))


def test_the_default_dim(wrong, raises):
    """F.normalize works along dim 1 by default, and raises for a 1-D tensor."""
    assert torch.equal(wrong.unit, F.normalize(wrong.x, dim=1)) and wrong.x.shape == (2, 9, 4)
    torch.testing.assert_close(wrong.unit[0, 0], torch.full((4,), 1 / 3))  # 1 / sqrt(9)
    with raises(IndexError, "Dimension out of range"):
        F.normalize(torch.tensor([3.0, 4.0]))
    torch.testing.assert_close(F.normalize(torch.tensor([3.0, 4.0]), dim=0), torch.tensor([0.6, 0.8]))


def test_right(right):
    """With dim=-1, each vector of the last dim has length 1."""
    assert right.unit.shape == (2, 9, 4)
    torch.testing.assert_close(right.unit, torch.full((2, 9, 4), 0.5))


def test_correction():
    """std divides by n - 1 and with correction=0 by n; BatchNorm and LayerNorm normalize with n."""
    values = [1.0, 2.0, 6.0]
    x, m = torch.tensor(values), 3.0
    squares = sum((v - m) ** 2 for v in values)
    assert math.isclose(x.std(), math.sqrt(squares / 2), rel_tol=1e-6)
    assert math.isclose(x.std(correction=0), math.sqrt(squares / 3), rel_tol=1e-6)
    by_n = (x - m) / math.sqrt(squares / 3)
    torch.testing.assert_close(F.layer_norm(x, (3,), eps=0), by_n)
    torch.testing.assert_close(F.batch_norm(x[:, None], None, None, training=True, eps=1e-12)[:, 0], by_n)


def test_constant_columns():
    """A constant column gives NaN, and 0 if its std is set to 1. With 1e-8 added to the std instead, a value that differs
    by 1 becomes 100 million, and the rounding error of mean() can exceed 90."""
    x = torch.tensor([[5.0, 1.0], [5.0, 2.0]])
    std, mean = torch.std_mean(x, dim=0)
    low, high = x.amin(dim=0), x.amax(dim=0)
    assert ((x - mean) / std).isnan().tolist() == ((x - low) / (high - low)).isnan().tolist() == [[True, False]] * 2
    width = (high - low).masked_fill(high == low, 1)
    assert ((x - mean) / std.masked_fill(std == 0, 1))[:, 0].tolist() == ((x - low) / width)[:, 0].tolist() == [0, 0]
    torch.testing.assert_close((6 - mean[0]) / (std[0] + 1e-8), torch.tensor(1e8))
    x = (torch.arange(1.0, 100.0) / 10).expand(7, 99)  # 99 columns, some with a value whose mean is rounded
    std, mean = torch.std_mean(x, dim=0)
    assert std.eq(0).all() and torch.equal(mean, x[0]) and x.std(dim=0).eq(0).all()
    assert ((x - x.mean(dim=0)) / (x.std(dim=0) + 1e-8)).abs().max() > 90


def test_rounding_of_a_constant():
    """The std of a constant column is 0 along dim 0; x.std() of a constant 1-D tensor can be about 1e-8 instead."""
    left = []
    for c in (0.1, 0.2, 0.3, 0.7):
        for n in (7, 33, 100, 333, 1000):
            x = torch.full((n, 3), c)
            assert x.std(dim=0).tolist() == [0, 0, 0]
            left.append(x[:, 0].std().item())
    assert 1e-9 < max(left) < 1e-6


def test_keepdim(raises):
    """Dividing by a norm without keepdim raises for (N, D), divides along the wrong axis for (N, N),
    is right for a single row, and 0 / 0 is NaN."""
    x = torch.tensor(X)
    with raises(RuntimeError, "must match the size of tensor"):
        x / x.norm(dim=1)
    square = torch.tensor([[3.0, 4.0], [6.0, 8.0]])
    torch.testing.assert_close(square / square.norm(dim=1), torch.tensor([[3 / 5, 4 / 10], [6 / 5, 8 / 10]]))
    assert (x[:1] / x[:1].norm(dim=1)).tolist() == (x[:1] / 5).tolist()
    kept = x / x.norm(dim=1, keepdim=True)
    torch.testing.assert_close(kept[:2], F.normalize(x)[:2])
    assert kept[2].isnan().all()


def test_an_outlier_squeezes_the_rest():
    """In min-max, one outlier squeezes the other values together."""
    x = torch.tensor([0.0, 1.0, 2.0, 1000.0])
    assert ((x - x.amin()) / (x.amax() - x.amin()))[2] == 0.002


def test_test_statistics_hide_a_shift():
    """Standardized with its own statistics, a shifted test set looks like the training set; with those of training it does not."""
    train, test = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([11.0, 12.0, 13.0])
    own = (test - test.mean()) / test.std()
    torch.testing.assert_close(own, (train - train.mean()) / train.std())
    assert ((test - train.mean()) / train.std()).min() == 9


def test_norm():
    """vector_norm and x.norm give the L2 norm of each row."""
    x = torch.tensor(X)
    assert torch.linalg.vector_norm(x, dim=1).tolist() == x.norm(dim=1).tolist() == [5, 10, 0]


def test_one_value_has_no_deviation():
    """std of a single value is nan, with a warning, and correction=0 gives 0; of no value it is nan with either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert math.isnan(torch.tensor([7.0]).std().item())
        for correction in (0, 1):
            assert math.isnan(torch.tensor([]).std(correction=correction).item())
    assert torch.tensor([7.0]).std(correction=0).item() == 0
