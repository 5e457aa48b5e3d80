"""Proofs of tensor-equal."""

import torch
from torch.testing import assert_close


def given():
    a = torch.tensor([1.0, 2.0, 100.0])
    return {"torch": torch, "a": a, "b": a + torch.tensor([0.0, 0.0, 2.0**-13])}


def test_answer(answer):
    """Two tensors that differ by 1.2e-4 in 100 are not equal, yet close, because rtol allows 1e-3 there."""
    assert answer.same is False and torch.equal(answer.a, answer.a.clone()) is True
    assert answer.close is True
    assert answer.worst == 2.0**-13 and answer.mask.tolist() == [True, True, False]


def test_default(default):
    """In float64, 0.1 + 0.2 differs from 0.3 by one rounding step, 2**-54."""
    assert default.a.tolist() == [0.1 + 0.2, 1, 5] and default.b.tolist() == [0.3, 1, 5]
    assert (default.a - default.b).abs().max() == 2.0**-54


def test_the_criterion():
    """allclose and isclose ask for |a - b| <= atol + rtol * |b|, with rtol 1e-5 and atol 1e-8."""
    b = [0.0, 1.0, 1.0, -3.0, 1e5]
    a = [9e-9, 1 + 0.9e-5, 1 + 1.1e-5, -3 - 4e-5, 1e5 + 0.9]
    wanted = [abs(p - q) <= 1e-8 + 1e-5 * abs(q) for p, q in zip(a, b)]
    a, b = torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)
    assert torch.isclose(a, b).tolist() == wanted == [True, True, False, False, True]
    assert torch.allclose(a, b) is False and torch.allclose(a[:2], b[:2]) is True


def test_near_zero(near_zero):
    """Near zero, rtol has no effect; NaN is close to NaN only with equal_nan=True, and torch.equal never accepts it."""
    assert not torch.allclose(near_zero.small, near_zero.zero, rtol=1e3)
    assert torch.equal(near_zero.nan, near_zero.nan) is False


def test_right(right):
    """After converting, the ones are close."""
    assert torch.allclose(right.a, right.b.float()) and right.b.dtype == torch.float64


def test_dtypes(raises):
    """equal promotes two dtypes and then compares, so it is not exact; allclose and isclose raise."""
    assert torch.equal(torch.tensor([1, 2]), torch.tensor([1.0, 2.0]))
    assert torch.equal(torch.tensor([16777217]), torch.tensor([16777216.0]))
    for compare in torch.allclose, torch.isclose:
        for a, b, text in (
            (torch.float32, torch.float64, "Float did not match Double"),
            (torch.float64, torch.float32, "Double did not match Float"),
            (torch.int64, torch.float32, "Long did not match Float"),
            (torch.float32, torch.float16, "Float did not match Half"),
            (torch.bfloat16, torch.float32, "BFloat16 did not match Float"),
        ):
            with raises(RuntimeError, text):
                compare(torch.ones(2, dtype=a), torch.ones(2, dtype=b))


def test_assert_close(assert_close, raises):
    """assert_close reports how many elements differ, and by how much."""
    torch.testing.assert_close(assert_close.actual[:2], assert_close.expected[:2])
    with raises(AssertionError, "Mismatched elements: 1 / 3 (33.3%)"):
        torch.testing.assert_close(assert_close.actual, assert_close.expected)


def test_tolerances_of_assert_close(raises):
    """assert_close uses rtol 1.3e-6 and atol 1e-5 for float32, and 1.6e-2 and 1e-5 for bfloat16."""
    one = torch.tensor([1000.0])
    assert_close(one + 1000 * 1.2e-6, one)
    with raises(AssertionError, "Tensor-likes are not close!"):
        assert_close(one + 1000 * 1.5e-6, one)
    assert_close(torch.tensor([0.9e-5]), torch.zeros(1))
    with raises(AssertionError, "Tensor-likes are not close!"):
        assert_close(torch.tensor([1.1e-5]), torch.zeros(1))
    half = torch.ones(1, dtype=torch.bfloat16)
    assert_close(half + 2.0**-7, half)
    with raises(AssertionError, "Tensor-likes are not close!"):
        assert_close(half + 3 * 2.0**-7, half)


def test_what_else_assert_close_checks(raises):
    """assert_close checks shape, dtype, and device, compares integers exactly, and wants both tolerances or neither."""
    for other, name in (
        (torch.ones(3), "shape"),
        (torch.ones(2, dtype=torch.float64), "dtype"),
        (torch.ones(2, device="meta"), "device"),
    ):
        with raises(AssertionError, f"The values for attribute '{name}' do not match"):
            assert_close(torch.ones(2), other)
    assert_close(torch.ones(2), torch.ones(2, dtype=torch.float64), check_dtype=False)
    nan = torch.tensor([float("nan")])
    with raises(AssertionError, "Tensor-likes are not close!"):
        assert_close(nan, nan)
    assert_close(nan, nan, equal_nan=True)
    with raises(AssertionError, "The values for attribute 'shape' do not match"):
        assert_close(torch.ones(2, 1), torch.ones(2), check_dtype=False, check_device=False, check_layout=False)
    with raises(AssertionError, "Tensor-likes are not equal!"):
        assert_close(torch.tensor([1, 2]), torch.tensor([1, 3]))
    assert_close(torch.tensor([1, 2]), torch.tensor([1, 3]), rtol=0, atol=1)
    with raises(AssertionError, "Tensor-likes are not close!"):
        assert_close(torch.tensor([1, 2]), torch.tensor([1, 4]), rtol=0, atol=1)
    with raises(AssertionError, "Tensor-likes are not equal!"):
        assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), rtol=0, atol=0)
    with raises(AssertionError, "Scalars are not equal!"):
        assert_close(1.0, 2.0, rtol=0, atol=0)
    with raises(AssertionError, "Scalars are not close!"):
        assert_close(torch.tensor(1.0), torch.tensor(2.0))
    with raises(ValueError, "Both 'rtol' and 'atol' must be either specified or omitted"):
        assert_close(torch.ones(2), torch.zeros(2), atol=2)
    assert_close(torch.ones(2), torch.zeros(2), atol=2, rtol=0)


def test_shapes_broadcast():
    """(a == b).all() and allclose broadcast (2, 3) against (3,); equal is False for other shapes."""
    a, b = torch.ones(2, 3), torch.ones(3)
    assert (a == b).all() and torch.allclose(a, b) and not torch.equal(a, b)


def test_rtol_belongs_to_the_second():
    """With rtol=0.1, 100 is close to 110.5 and 110.5 is not close to 100: rtol applies to the second argument."""
    a, b = torch.tensor([110.5]), torch.tensor([100.0])
    assert torch.allclose(b, a, rtol=0.1) and not torch.allclose(a, b, rtol=0.1)


def test_uint8_differences_wrap():
    """In uint8, 1 - 2 is 255, so the largest difference is wrong; as float it is 1."""
    a, b = torch.tensor([1, 7], dtype=torch.uint8), torch.tensor([2, 7], dtype=torch.uint8)
    assert (a - b).abs().max() == 255 and (a.float() - b.float()).abs().max() == 1


def test_bfloat16_steps():
    """One rounding step of bfloat16 is up to 0.8 %, that of 1, and allclose with its default rtol does not accept it."""
    one = torch.ones(1, dtype=torch.bfloat16)
    next_number = one + torch.finfo(torch.bfloat16).eps
    assert round(100 * torch.finfo(torch.bfloat16).eps, 1) == 0.8 and next_number > one
    assert not torch.allclose(next_number, one) and torch.allclose(next_number, one, rtol=0.016)
