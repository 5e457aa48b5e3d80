"""Proofs of cumsum."""

from itertools import accumulate

import numpy as np
import torch


def given():
    return {"torch": torch, "x": torch.tensor([[3, 10, 2], [1, 20, 2], [4, 5, 7], [1, 0, 9]])}


def test_answer(answer):
    """cumsum, diff, and cummax go along the dimension that they are given, and diff undoes cumsum."""
    columns = answer.x.T.tolist()
    assert answer.total.T.tolist() == [list(accumulate(c)) for c in columns]
    assert answer.before.T.tolist() == [[sum(c[:i]) for i in range(4)] for c in columns]
    assert answer.step.T.tolist() == [[b - a for a, b in zip(c, c[1:], strict=False)] for c in columns]
    assert torch.equal(answer.back, answer.x)
    assert answer.from_end.T.tolist() == [[sum(c[i:]) for i in range(4)] for c in columns]
    assert answer.best.T.tolist() == [list(accumulate(c, max)) for c in columns]


def test_default(default):
    """The running totals of one dimension are those of itertools.accumulate."""
    assert default.total.tolist() == list(accumulate(default.x.tolist()))


def test_moving_average(moving_average):
    """The difference of two totals, k apart, is the sum of k elements."""
    expected = [[sum(row[i : i + 3]) / 3 for i in range(3)] for row in moving_average.x.tolist()]
    torch.testing.assert_close(moving_average.mean, torch.tensor(expected))


def test_discounted(discounted):
    """Each return is the sum of the later rewards, each times gamma to the power of the distance."""
    r = discounted.rewards.tolist()
    expected = [sum(0.5 ** (j - i) * r[j] for j in range(i, 4)) for i in range(4)]
    assert discounted.returns.tolist() == expected


def test_right(right):
    """np.cumsum without axis is cumsum of the flattened tensor."""
    assert torch.equal(right.x.flatten().cumsum(0), torch.from_numpy(right.x.numpy().cumsum()))


def test_dtypes():
    """Integers and bools are added up as int64; float16 stays float16, and dtype= changes that."""
    for dtype in torch.bool, torch.uint8, torch.int8, torch.int32:
        assert torch.ones(3).to(dtype).cumsum(0).dtype == torch.int64
    assert torch.tensor([200, 100], dtype=torch.uint8).cumsum(0).tolist() == [200, 300]
    half = torch.ones(3, dtype=torch.float16)
    assert half.cumsum(0).dtype == torch.float16
    assert half.cumsum(0, dtype=torch.float32).dtype == torch.float32


def test_diff_takes_the_last():
    """Without dim, diff takes the last dimension; n=2 is the second difference; a single element gives none."""
    x = torch.tensor([[1, 4, 9, 16], [2, 2, 3, 5]])
    assert x.diff().tolist() == [[3, 5, 7], [0, 1, 2]]
    assert x.diff(n=2).tolist() == [[2, 2], [1, 1]]
    assert x.diff(dim=0).shape == (1, 4) and x[:, :1].diff().shape == (2, 0)
    assert x.diff(append=torch.zeros_like(x[:, :1])).shape == x.shape


def test_prepend_is_a_tensor(raises):
    """prepend takes a tensor with as many dimensions as the input, not a number."""
    x = torch.ones(2, 3)
    with raises(TypeError, "argument 'prepend' must be Tensor, not int"):
        x.diff(prepend=0)
    for y in x, x[0]:  # along the last dim, as np.diff does
        edge = torch.zeros_like(y[..., :1])
        assert y.diff(prepend=edge, append=edge).tolist() == np.diff(y.numpy(), prepend=0, append=0).tolist()
    with raises(RuntimeError, "diff expects prepend or append to be the same dimension as input"):
        x.diff(prepend=torch.zeros(1))
    assert x.cumsum(1).diff(prepend=torch.zeros_like(x[:, :1])).tolist() == x.tolist()


def test_uint8_wraps(raises):
    """The difference of uint8 wraps around at 0, that of int16 does not; that of bool is "changed", and total - x raises."""
    x = torch.tensor([5, 3], dtype=torch.uint8)
    assert x.diff().tolist() == [(3 - 5) % 256] == [254]
    assert x.to(torch.int16).diff().tolist() == [-2]
    mask = torch.tensor([True, False, True, True])
    assert mask.diff().tolist() == [True, True, False] and mask.int().diff().tolist() == [-1, 1, 0]
    total = mask.cumsum(0)
    with raises(RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported"):
        total - mask
    assert (total - mask.int()).tolist() == [0, 1, 1, 2]


def test_large_totals():
    """A moving sum from float32 totals of a long series is off by far more than one from float64 totals."""
    torch.manual_seed(0)
    x = torch.rand(200_000) + 1000
    exact = x.double().unfold(0, 5, 1).sum(1)
    errors = []
    for dtype in torch.float32, torch.float64:
        total = x.cumsum(0, dtype=dtype)
        errors.append(((total[5:] - total[:-5]).double() - exact[1:]).abs().max().item())
    assert errors[0] > 1 and errors[1] < 1e-4


def test_nan_spreads():
    """A NaN makes every later total NaN; nan_to_num(0.0) leaves it out."""
    x = torch.tensor([1.0, float("nan"), 2.0])
    assert x.cumsum(0).isnan().tolist() == [False, True, True]
    assert x.nan_to_num(0.0).cumsum(0).tolist() == [1, 1, 3]


def test_cummax_is_a_pair(raises):
    """cummax and cummin return values and indices, and adding a number to the pair raises."""
    x = torch.tensor([1.0, 3.0, 2.0, 5.0])
    values, indices = x.cummax(0)
    assert values.tolist() == list(accumulate(x.tolist(), max)) and torch.equal(x[indices], values)
    assert x.cummin(0).values.tolist() == [1, 1, 1, 1]
    with raises(TypeError):
        x.cummax(0) + 1


def test_gradients():
    """The gradient of total[i] is one for the first i + 1 elements; cumprod, cummax, and diff have gradients too."""
    x = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    assert torch.autograd.grad(x.cumsum(0)[1], x)[0].tolist() == [1, 1, 0]
    assert torch.autograd.grad(x.cumprod(0)[2], x)[0].tolist() == [15, 10, 6]
    assert torch.autograd.grad(x.cummax(0).values.sum(), x)[0].tolist() == [1, 1, 1]
    assert torch.autograd.grad(x.diff()[0], x)[0].tolist() == [-1, 1, 0]
    torch.testing.assert_close(x.logcumsumexp(0), x.exp().cumsum(0).log())
