"""Proofs of arange-linspace."""

import math
import warnings

import torch


def given():
    return {"torch": torch, "N": 4, "T": 3, "device": "cpu"}


def test_answer(answer):
    """arange leaves out its end, linspace includes it, and logspace takes exponents of 10."""
    assert answer.i.tolist() == list(range(4)) and answer.i.dtype == torch.int64
    assert answer.even.tolist() == list(range(2, 11, 2))
    assert answer.down.tolist() == [3, 2, 1, 0]
    torch.testing.assert_close(answer.grid, torch.tensor([k / 10 for k in range(11)]))
    assert answer.grid[-1] == 1
    torch.testing.assert_close(answer.rates, torch.tensor([1e-4, 1e-3, 1e-2, 1e-1]))
    assert answer.pos.dtype == torch.float32 and answer.pos.tolist() == [0, 1, 2]
    assert torch.arange(3.0).dtype == torch.float32


def test_default(default):
    """Integers give int64; one float gives the default dtype; linspace gives floats for integers, unless given a dtype."""
    assert default.x.tolist() == [0, 1, 2]
    assert torch.arange(0, 3, 1.0).dtype == torch.arange(0.0, 3).dtype == torch.get_default_dtype()
    assert torch.linspace(0, 10, 3).dtype == torch.get_default_dtype()
    assert torch.linspace(0, 10, 3, dtype=torch.int64).tolist() == [0, 5, 10]
    assert torch.arange(-3, 9, 4).tolist() == list(range(-3, 9, 4))


def test_centers(centers):
    """(arange(n) + 0.5) / n gives the centers of n cells, and linspace(a, b, n + 1)[:-1] leaves out the end."""
    assert centers.centers.tolist() == [-1 + 2 * (k + 0.5) / 4 for k in range(4)]
    torch.testing.assert_close(centers.angles, torch.tensor([math.tau * k / 4 for k in range(4)]))


def test_between(between):
    """lerp with weights from linspace goes in equal steps from one vector to the other, both included."""
    expected = [[p + (q - p) * k / 4 for p, q in zip(between.a.tolist(), between.b.tolist(), strict=True)] for k in range(5)]
    torch.testing.assert_close(torch.lerp(between.a, between.b, between.t), torch.tensor(expected))


def test_wrong(wrong):
    """arange(1, 1.3, 0.1) contains 1.3, although the end is excluded."""
    torch.testing.assert_close(wrong.x, torch.tensor([1.0, 1.1, 1.2, 1.3]))


def test_right(right):
    """Integers divided by 10 leave out the end."""
    torch.testing.assert_close(right.x, torch.tensor([1.0, 1.1, 1.2]))


def test_float_steps():
    """With a step of 0.1, the end is included from 1 to 1.3 and from 1 to 1.6, but not from 0 to 0.3 or from 1 to 2."""
    lengths = {(a, b): len(torch.arange(a, b, 0.1)) for a, b in [(1, 1.3), (1, 1.6), (0, 0.3), (1, 2)]}
    assert lengths == {(1, 1.3): 4, (1, 1.6): 7, (0, 0.3): 3, (1, 2): 10}


def test_counting_down(raises):
    """Counting down needs a negative step: arange(5, 0) raises, whereas range(5, 0) is empty."""
    assert list(range(5, 0)) == [] and torch.arange(5, 5).tolist() == []
    with raises(RuntimeError, "bound inconsistent with step sign"):
        torch.arange(5, 0)
    with raises(RuntimeError, "bound inconsistent with step sign"):
        torch.arange(0, 5, -1)
    assert torch.arange(5, 0, -1).tolist() == [5, 4, 3, 2, 1]


def test_points_not_steps():
    """The spacing of linspace is (end - start) / (steps - 1), and one point is the start."""
    for n in (2, 5, 11):
        gaps = torch.linspace(0, 3, n).diff()
        torch.testing.assert_close(gaps, torch.full((n - 1,), 3 / (n - 1)))
    assert torch.linspace(0, 3, 1).tolist() == [0]


def test_the_number_of_points_is_required(raises):
    """linspace without a number of points, or with a float, raises."""
    for arguments in ((0, 1), (0, 1, 0.1)):
        with raises(TypeError, "linspace() received an invalid combination of arguments"):
            torch.linspace(*arguments)


def test_large_numbers_in_half_precision():
    """float16 holds every whole number up to 2048, bfloat16 up to 256; the next one is rounded, the one after it is exact."""
    for dtype, limit in ((torch.float16, 2048), (torch.bfloat16, 256)):
        exact = torch.arange(limit + 1).to(dtype)
        assert exact.long().tolist() == list(range(limit + 1))
        assert torch.tensor(limit + 1).to(dtype).item() != limit + 1
        assert torch.tensor(limit + 2).to(dtype).item() == limit + 2


def test_a_step_cut_to_zero(raises):
    """With dtype=torch.int64, a step of 0.1 becomes 0, which raises in torch 2.6, 2.7, and 2.13, and gives zeros from 2.14 on."""
    if torch.__version__ >= (2, 14):
        assert torch.arange(0, 1, 0.1, dtype=torch.int64).tolist() == [0] * 10
    elif torch.__version__ < (2, 8) or torch.__version__ >= (2, 13):  # others may end the process, as 2.10 does
        with raises(Exception, "step must be nonzero"):
            torch.arange(0, 1, 0.1, dtype=torch.int64)


def test_range_includes_its_end():
    """torch.range(0, 5) warns and gives floats from 0 to 5, like arange(0, 5 + 1, dtype=torch.float32)."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        old = torch.range(0, 5)
    assert "torch.range is deprecated" in str(told[0].message)
    assert torch.equal(old, torch.arange(0, 5 + 1, dtype=torch.float32))


def test_range_with_other_steps():
    """torch.range(0, 0.5, 0.1) is linspace(0, 0.5, 6), and torch.range(5, 0, -1) is arange(5, -1, -1)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tenths, down = torch.range(0, 0.5, 0.1), torch.range(5, 0, -1)
    torch.testing.assert_close(tenths, torch.linspace(0, 0.5, 6))
    assert down.tolist() == torch.arange(5, -1, -1).tolist()


def test_logspace_takes_exponents():
    """logspace(a, b, n) is 10 to the power of linspace(a, b, n); base= changes the 10."""
    torch.testing.assert_close(torch.logspace(-3, 1, 7), 10 ** torch.linspace(-3, 1, 7))
    torch.testing.assert_close(torch.logspace(0, 3, 4, base=2), torch.tensor([1.0, 2.0, 4.0, 8.0]))
