"""Proofs of isnan."""

import math

import torch

NAN, INF = float("nan"), float("inf")


def given():
    return {"torch": torch, "x": torch.tensor([[1.0, NAN, 4.0], [-INF, 2.0, 3.0], [6.0, 5.0, 7.0], [9.0, INF, 0.5]])}


def test_answer(answer):
    """nan_to_num replaces NaN and both infinities, a mask keeps the finite rows, and nanmean skips NaN."""
    assert answer.clean.tolist() == [[1, 0, 4], [-1e4, 2, 3], [6, 5, 7], [9, 1e4, 0.5]]
    assert answer.rows.tolist() == [[6, 5, 7]]
    assert answer.mean[2].item() == (4 + 3 + 7 + 0.5) / 4
    assert answer.mean[:2].tolist() == [-INF, INF]
    assert torch.tensor([[1.0, NAN], [3.0, 5.0]]).nanmean(dim=0).tolist() == [2, 5]


def test_default(default):
    """isnan, isinf, and isfinite agree with the functions of Python's math module."""
    x = default.x
    for mine, theirs in ((torch.isnan, math.isnan), (torch.isinf, math.isinf), (torch.isfinite, math.isfinite)):
        assert mine(x).tolist() == [[theirs(v) for v in row] for row in x.tolist()]


def test_mean(mean):
    """Filled with the mean of the column, the column keeps its mean."""
    assert mean.x.tolist() == [[1, 6], [2, 4], [3, 8]]
    assert mean.x.mean(dim=0).tolist() == mean.mean.tolist()


def test_model(model):
    """A NaN in a bias does not make the gradients NaN here, so weights and gradients need a check each."""
    bad = [name for name, p in model.model.named_parameters() if not p.isfinite().all()]
    assert bad == ["2.bias"] and all(p.grad.isfinite().all() for p in model.model.parameters())
    assert model.model(model.x)[:, 0].isnan().all() and model.model(model.x)[:, 1].isfinite().all()


def test_running_statistics():
    """One batch with a NaN leaves it in the running mean of BatchNorm, and the parameters stay finite."""
    norm = torch.nn.BatchNorm1d(2)
    norm(torch.tensor([[NAN, 1.0], [1.0, 2.0]]))
    assert norm.running_mean.isnan().tolist() == norm.running_var.isnan().tolist() == [True, False]
    assert all(p.isfinite().all() for p in norm.parameters())


def test_wrong(wrong):
    """nan_to_num after the division hides the NaN of 0 / 0, but its gradient is NaN."""
    assert wrong.y.tolist() == [0, 3]
    assert math.isnan(wrong.a.grad[0]) and wrong.a.grad[1] == 1 / 2


def test_right(right):
    """With a safe divisor, value and gradient are 0 where the divisor was 0."""
    assert right.a.tolist() == [0, 6] and right.b.tolist() == [0, 2]
    assert right.y.tolist() == [0, 3] and right.a.grad.tolist() == [0, 1 / 2]


def test_which_gradients_become_nan():
    """Replaced afterwards, the NaN of sqrt(-1) and the inf of log(0) give a NaN gradient, but the NaN of log(-1) gives 0."""
    for function, value, nan in ((torch.sqrt, -1.0, True), (torch.log, 0.0, True), (torch.log, -1.0, False)):
        x = torch.tensor(value, requires_grad=True)
        function(x).nan_to_num(0.0).backward()
        assert math.isnan(x.grad) is nan and (nan or x.grad == 0)


def test_nan_equals_nothing():
    """x == nan is False everywhere and nan in x is False, also where x is NaN; x != x is True there."""
    x = torch.tensor([1.0, NAN])
    assert (x == NAN).tolist() == [False, False] and NAN not in x
    assert (x != x).tolist() == x.isnan().tolist() == [False, True]


def test_inf_becomes_nan():
    """isnan is False for inf; inf - inf and 0 * inf are NaN."""
    x = torch.tensor([INF, -INF])
    assert not x.isnan().any() and not x.isfinite().any()
    assert (x - x).isnan().all() and (0 * x).isnan().all()


def test_inf_becomes_the_largest_number():
    """nan_to_num(0.0) replaces inf by the largest number of the dtype, -inf by the smallest; 1e6 is inf in float16."""
    for dtype in (torch.float32, torch.float16, torch.float64, torch.bfloat16):
        x = torch.tensor([INF, -INF, NAN], dtype=dtype).nan_to_num(0.0)
        assert x.tolist() == [torch.finfo(dtype).max, torch.finfo(dtype).min, 0]
    assert torch.finfo(torch.float16).max == 65504
    half = torch.tensor([INF], dtype=torch.float16)
    assert half.nan_to_num(posinf=1e6).item() == INF and half.nan_to_num(posinf=1e4).item() == 1e4


def test_where_nan_comes_from():
    """0 / 0, inf - inf, and the square root of a negative number are NaN; 1 / 0 is inf."""
    zero = torch.zeros(1)
    assert (zero / zero).isnan() and torch.tensor(-1.0).sqrt().isnan() and (1 / zero).isinf()


def test_nan_spreads():
    """sum, mean, max, and min of a tensor with one NaN are NaN; nansum, nanmean, and nanmedian skip it."""
    x = torch.tensor([3.0, NAN, 5.0, 10.0])
    assert all(f(x).isnan() for f in (torch.sum, torch.mean, torch.max, torch.min, torch.std))
    assert (x.nansum().item(), x.nanmean().item(), x.nanmedian().item()) == (18, 6, 5)
    assert torch.tensor([NAN, NAN]).nanmean().isnan()


def test_integers_have_no_nan():
    """For integers isnan and isinf are False; an empty tensor has no NaN and is all finite."""
    x = torch.tensor([0, 7])
    assert not x.isnan().any() and not x.isinf().any() and x.isfinite().all()
    assert not torch.ones(0).isnan().any() and torch.ones(0).isfinite().all()


def test_numbers_need_math(raises):
    """torch.isnan of a Python number raises."""
    with raises(TypeError, "isnan(): argument 'input' (position 1) must be Tensor, not float"):
        torch.isnan(NAN)
