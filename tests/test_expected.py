"""Expected against observed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.run.expected import diff, error_matches, output_matches


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a\n", "a"),
        ("a", "a  \n\n"),
        ("loss 0.1234", "loss 0.1235"),
        ("loss 123.4567", "loss 123.5"),
        ("1.5e-05", "1.6e-05"),
        ("took … s", "took 1.2 s"),
        ("…\nend", "a\nb\nend"),
        ("start\n…", "start"),
        ("…", ""),
        ("[0.25, -0.5]", "[0.2500001, -0.4999999]"),
    ],
)
def test_what_matches(expected, actual):
    assert output_matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a", "b"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("loss 0.1234", "loss 0.1334"),
        ("7 samples", "8 samples"),
        ("torch.float32", "torch.float16"),
        ("0.5", "-0.5"),
        ("…\nend", "a\nb"),
        ("0.5", "nan"),
    ],
)
def test_what_does_not_match(expected, actual):
    assert not output_matches(expected, actual)


@given(st.text(alphabet="ab1.…\n e-", max_size=60))
def test_everything_matches_itself(text):
    assert output_matches(text, text)


def test_the_beginning_of_an_error_is_enough():
    assert error_matches("RuntimeError: shape", "RuntimeError: shape\nis wrong (2)")
    assert error_matches("RuntimeError: shape … wrong", "RuntimeError: shape\n is wrong (2)")
    assert not error_matches("RuntimeError: shape", "ValueError: shape")


def test_a_diff_shows_both_sides():
    assert diff("a\nb", "a\nc").splitlines()[-2:] == ["-b", "+c"]
