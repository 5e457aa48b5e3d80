"""Expected output and errors against actual ones, up to the last digit that may differ."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.run.expected import diff, error_matches, output_matches


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("", ""),
        ("", "\n"),
        ("\n", ""),
        ("a\n", "a"),
        ("a", "a  \n\n"),
        ("a  ", "a"),
        ("a\n\nb", "a\n\nb\n"),
        ("[0.25, -0.5]", "[0.2500001, -0.4999999]"),
        ("NaN is nan, inf is inf", "NaN is nan, inf is inf"),
    ],
)
def test_what_matches(expected, actual):
    assert output_matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a", "b"),
        ("a", ""),
        ("", "a"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a\nb", "b"),
        ("a\n中", "a"),
        ("a\n\nb", "a\nb"),
        (" a", "a"),
        ("a b", "a  b"),
        ("7 samples", "8 samples"),
        ("1000000", "1000001"),
        ("torch.float32", "torch.float16"),
        ("0.5", "-0.5"),
        ("0.5", "nan"),
        ("0.5", "1"),
        ("0.5", "0.5 0.5"),
        ("0.5 0.5", "0.5"),
        ("0.5 a", "0.5 b"),
        ("a 0.5", "b 0.5"),
    ],
)
def test_what_does_not_match(expected, actual):
    assert not output_matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "most", "too_much"),
    [
        ("0.1234", "0.1235", "0.1236"),  # one in the last digit
        ("0.1234", "0.1233", "0.1232"),
        ("0.0", "0.1", "0.2"),
        ("-0.0", "0.1", "0.2"),
        ("0.3", "0.4", "0.41"),
        ("0.00", "-0.01", "-0.0102"),
        ("5.0", "5.1", "5.11"),
        ("0.10", "0.1100", "0.1102"),  # of the expected number, however long the actual one is
        ("0.1000", "0.1", "0.2"),
        ("1000.0000", "1001.0000", "1001.1000"),  # 0.1 %
        ("1000.0000", "999.0000", "998.9000"),
        ("-1000.0000", "-1001.0000", "-1001.1000"),
        ("100000.0", "100100.0", "100101.5"),
        ("100000.0", "99900.0", "99899.0"),
        ("1e3", "2e3", "2.02e3"),  # exponents count in the last digit
        ("1e-05", "2e-05", "2.02e-05"),
        ("1.5e-05", "1.6e-05", "1.62e-05"),
        ("1.50e-05", "1.51e-05", "1.53e-05"),
        ("1.5e+05", "1.6e+05", "1.62e+05"),
        ("1.5E+05", "1.6e+05", "1.62e+05"),
        ("-1.5e-05", "-1.4e-05", "-1.38e-05"),
        ("12.5e-05", "12.6e-05", "12.7e-05"),
        ("0.001", "1e-3", "4e-3"),  # the same number in another form
        ("1e-3", "0.001", "0.0021"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "loss {}", "[{}]", "({}, 2)", "1 {} x", "{}\n{}", "[{}, {}]"])
def test_a_decimal_number_may_differ_by_one_in_the_last_digit_or_by_a_thousandth(
    around, expected, most, too_much
):
    def put(*numbers):
        return around.format(*numbers) if around.count("{}") == 2 else around.format(numbers[-1])

    assert output_matches(put(expected, expected), put(most, most))
    assert output_matches(put(expected, expected), put(expected, most))
    assert not output_matches(put(expected, expected), put(expected, too_much))
    assert not output_matches(put(expected, expected), put(too_much, too_much))


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("1", "2"),
        ("100000", "100001"),
        ("-3", "-4"),
        ("v1e", "v2e"),
        ("1.", "2."),
        (".5", ".6"),
        ("1 e5", "2 e5"),
        ("1e", "2e"),
    ],
)
def test_only_numbers_with_decimals_or_an_exponent_may_differ(expected, actual):
    assert not output_matches(expected, actual)


@given(
    st.decimals(min_value=-10_000, max_value=10_000, places=4, allow_nan=False),
    st.integers(min_value=-30_000, max_value=30_000),
)
@example(1, 1)
def test_the_tolerance_is_that_of_the_documentation(number, steps):
    """Steps of a tenth of the last digit; what lies within a hundredth of the limit is left out."""
    actual = float(number) + steps * 1e-5
    allowed = max(1.01e-4, 1e-3 * max(abs(float(number)), abs(actual)))
    distance = abs(actual - float(number))
    if not math.isclose(distance, allowed, rel_tol=0.01):
        assert output_matches(f"{number:.4f}", f"{actual:.5f}") == (distance < allowed)


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ("took … s", "took 1.2 s", True),
        ("took … s", "took  s", True),
        ("took … s", "took 1.2 ms", False),
        ("took … s", "It took 1.2 s", False),
        ("… s", "1.2 s", True),
        ("… s", "1.2 s and more", False),
        ("took …", "took", False),
        ("took …", "took a", True),
        ("a … b … c", "a 1 b 2 c", True),
        ("a … b … c", "a 1 c", False),
        ("a.… b", "ax1 b", False),  # what stands around … is taken as it is written
        ("0.5 …", "0.6 x", False),  # a line with … has no tolerance
        ("x … y\nz", "x 1\n2 y\nz", False),  # … within a line stays within it
    ],
)
def test_an_ellipsis_within_a_line_stands_for_anything(expected, actual, matches):
    assert output_matches(expected, actual) is matches


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ("…", "", True),
        ("…", "a", True),
        ("…", "a\nb\nc", True),
        ("…\n…", "a", True),
        ("…\n…", "", True),
        ("…\nend", "end", True),
        ("…\nend", "a\nend", True),
        ("…\nend", "a\nb\nend", True),
        ("…\nend", "a\nb", False),
        ("…\nend", "end\na", False),
        ("…\nend", "end\nend", True),
        ("…\nend", "end\na\nend", True),
        ("start\n…", "start", True),
        ("start\n…", "start\na\nb", True),
        ("start\n…", "a\nstart", False),
        ("start\n…", "", False),
        ("a\n…\nb", "a\nb", True),
        ("a\n…\nb", "a\n1\n2\nb", True),
        ("a\n…\nb", "a\n1\n2", False),
        ("a\n…\nb\nc", "a\nb\n1\nb\nc", True),
        ("a\n…\nb\nc", "a\nb\nb\nc", True),
        ("a\n…\nb\nc", "a\nb\n1\nc", False),
        ("a\n…\nb\n…\nc", "a\n1\nb\n2\nc", True),
        ("a\n…\nb\n…\nc", "a\n1\nc\n2\nb", False),
        ("a\n…\nb\n…\nc", "a\nb\nc\nb\nc", True),
        ("…\n0.5\n…", "a\n0.6\nb", True),
        ("…\n0.5\n…", "a\n0.7\nb", False),
        ("  …", "a\nb", False),  # indented, it stands within a line
    ],
)
def test_an_ellipsis_on_a_line_of_its_own_stands_for_any_lines(expected, actual, matches):
    assert output_matches(expected, actual) is matches


LINES = st.lists(st.sampled_from(["a", "b", "…"]), max_size=7)
PRINTED = st.lists(st.sampled_from(["a", "b"]), max_size=7)


@given(LINES, PRINTED)
def test_lines_match_as_a_plain_search_says(expected, actual):
    def search(pattern, lines):
        if not pattern:
            return not lines
        if pattern[0] == "…":
            return any(search(pattern[1:], lines[start:]) for start in range(len(lines) + 1))
        return bool(lines) and pattern[0] == lines[0] and search(pattern[1:], lines[1:])

    assert output_matches("\n".join(expected), "\n".join(actual)) == search(expected, actual)


@given(st.text(alphabet="ab1.…\n e-", max_size=60))
def test_everything_matches_itself(text):
    assert output_matches(text, text)


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ("RuntimeError: shape", "RuntimeError: shape", True),
        ("RuntimeError: shape", "RuntimeError: shape\nis wrong (2)", True),
        ("RuntimeError:  shape ", "RuntimeError: shape", True),
        ("RuntimeError: shape is", "RuntimeError:\n  shape\tis wrong", True),
        ("RuntimeError: shape … wrong", "RuntimeError: shape\n is wrong (2)", True),
        ("RuntimeError: … wrong", "RuntimeError: shape is right", False),
        ("RuntimeError: a … b … c", "RuntimeError: a 1 b 2 c 3", True),
        ("RuntimeError: shape", "ValueError: shape", False),
        ("RuntimeError: shape", "torch.RuntimeError: shape", False),
        ("RuntimeError: shape", "RuntimeError: sha", False),
        ("RuntimeError: (2)", "RuntimeError: 2", False),  # no regular expression
        ("RuntimeError: 0.5", "RuntimeError: 0.6", False),
    ],
)
def test_the_beginning_of_an_error_is_enough(expected, actual, matches):
    assert error_matches(expected, actual) is matches


def test_a_diff_shows_both_sides_without_file_names():
    assert diff("a\nb  \n", "a\nc").splitlines() == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def test_a_diff_shows_two_lines_around_a_change():
    lines = [str(number) for number in range(1, 10)]
    changed = [*lines[:4], "new", *lines[5:]]
    assert diff("\n".join(lines), "\n".join(changed)).splitlines() == [
        "@@ -3,5 +3,5 @@", " 3", " 4", "-5", "+new", " 6", " 7",
    ]  # fmt: skip


def test_a_diff_of_equal_texts_is_empty():
    assert diff("a\nb", "a\nb\n\n") == ""
