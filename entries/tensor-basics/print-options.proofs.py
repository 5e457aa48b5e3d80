"""Proofs of print-options."""

from contextlib import contextmanager

import torch


@contextmanager
def options(**named):
    torch.set_printoptions(**named)
    try:
        yield
    finally:
        torch.set_printoptions(profile="default")


def given():
    return {"torch": torch, "x": torch.tensor([0.00001, 2.5]), "loss": torch.tensor(0.125)}


def test_answer(answer):
    """One call sets the decimals, turns off scientific notation, and shows up to 100,000 elements in full."""
    shown = str(answer.x), str(torch.arange(100_000)), str(torch.arange(100_001))
    torch.set_printoptions(profile="default")
    assert shown[0].replace(" ", "") == "tensor([0.000010,2.500000])"  # wider before 2.9
    assert "..." not in shown[1] and "..." in shown[2]
    assert 190 < max(map(len, shown[1].splitlines())) <= 200
    assert f"{answer.loss:.6f}" == "0.125000"


def test_default(default):
    """tolist shows the float32 numbers as Python floats; printing does not change them."""
    assert default.x.tolist() == torch.tensor([0.00001, 123.456789]).tolist()
    assert abs(default.x[1].item() - 123.456789) < 1e-5


def scientific(*values, dtype=torch.float32):
    return "e+" in str(torch.tensor(values, dtype=dtype)) or "e-" in str(torch.tensor(values, dtype=dtype))


def test_four_decimals():
    """A float tensor shows four decimals, and whole numbers none."""
    assert str(torch.tensor([0.123456])) == "tensor([0.1235])" and str(torch.tensor([1.0, 2.0])) == "tensor([1., 2.])"


def test_when_it_is_scientific():
    """Scientific: nonzero values below 1e-4 or above 1e8, or a ratio above 1000, of those shown; integers never."""
    assert not scientific(0.00011, 0.05) and scientific(0.00009, 0.05) and scientific(-0.00009)
    assert not scientific(0.0, 0.5) and scientific(1.5e8, 1.6e8) and not scientific(0.9e8, 0.95e8)
    assert not scientific(1.5, 1400.25) and scientific(1.5, 1600.25)
    assert not scientific(1, 10**9, dtype=torch.int64)
    left_out, shown = [1.0] * 2000, [1.0] * 2000
    left_out[1000] = shown[1] = 1e-9
    assert not scientific(*left_out) and scientific(*shown)


def test_all_elements(all_elements):
    """1000 elements are shown in full, 1001 are not; three remain at each end, or as many as edgeitems says."""
    assert "..." not in str(torch.arange(1000))
    assert str(torch.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    with options(edgeitems=2):
        assert str(all_elements.x) == "tensor([   0,    1,  ..., 1498, 1499])"
    with options(threshold=1500):
        assert "..." not in str(all_elements.x)
    with options(threshold=1499):
        assert "..." in str(all_elements.x)


def test_line_width():
    """A line holds at most linewidth characters, 80 by default."""
    for named, width in (({"linewidth": 40}, 40), ({"linewidth": 200}, 200), ({"profile": "default"}, 80)):
        with options(**named):
            longest = max(map(len, str(torch.arange(100)).splitlines()))
        assert width - 5 < longest <= width


def test_profiles():
    """profile="full" shows all elements, profile="short" two decimals, profile="default" is the start."""
    with options(profile="full"):
        assert "..." not in str(torch.arange(5000))
    with options(profile="short"):
        assert str(torch.tensor([0.123456])) == "tensor([0.12])"
    assert str(torch.tensor([0.123456])) == "tensor([0.1235])"


def test_small_values_look_like_zero():
    """With sci_mode=False, 1e-5 is shown as 0.0000, and with precision=6 as 0.000010."""
    x = torch.tensor([1e-5])
    with options(sci_mode=False):
        assert "0.0000" in str(x)
    with options(sci_mode=False, precision=6):
        assert "0.000010" in str(x)


def test_sci_mode_is_reset():
    """A call that does not name sci_mode switches it back to automatic, and leaves precision as it is."""
    x = torch.tensor([1e-5, 1.0])
    with options(sci_mode=False, precision=3):
        assert "e-05" not in str(x)
        torch.set_printoptions(linewidth=100)
        assert "1.000e-05" in str(x)


def test_wrong(wrong):
    """1.5 and 1.50002 are printed alike and differ."""
    assert str(wrong.a) == str(wrong.b) and not torch.equal(wrong.a, wrong.b)


def test_right(right):
    """The difference is 2e-5."""
    assert abs((right.a - right.b).abs().max() - 2e-5) < 1e-7


def test_zeros_do_not_count():
    """The ratio counts nonzero values only: 0 beside 0.5 is printed without an exponent, 1 beside 1001 with one."""
    assert "e" not in str(torch.tensor([0.0, 0.5])).removeprefix("tensor")
    assert "e" in str(torch.tensor([1.0, 1001.0])).removeprefix("tensor")
    assert "e" not in str(torch.tensor([1.0, 1000.0])).removeprefix("tensor")


def test_short_dims_are_shown_in_full():
    """Of more than 1000 elements, only dims longer than 6 lose their middle."""
    assert "..." not in str(torch.zeros(6, 6, 6, 6)) and "..." in str(torch.zeros(7, 6, 6, 6))
    assert str(torch.zeros(400, 3)).count("0., 0., 0.") == 6
