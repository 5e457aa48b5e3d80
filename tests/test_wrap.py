"""Wrapping, as Chinese and English readers expect."""

from hypothesis import given
from hypothesis import strategies as st

from pycli.terminal.wrap import columns, inline, pad, wrap

TEXT = st.text(alphabet="ab cd张量形状，。（）`.", max_size=120)


def laid(text, width):
    return ["".join(span for span, _ in line) for line in wrap(inline(text), width)]


def test_a_chinese_character_takes_two_columns():
    assert columns("a张b") == 4
    assert pad("张", 4) == "张  "


def test_a_combining_mark_takes_no_column():
    assert columns("e\u0301") == 1


def test_english_breaks_at_blanks():
    assert laid("one two three", 8) == ["one two", "three"]


def test_chinese_breaks_anywhere_but_not_before_punctuation():
    assert laid("张量形状，变了", 8) == ["张量形", "状，变了"]


def test_opening_brackets_stay_with_what_follows():
    assert laid("张量形（状）", 8) == ["张量形", "（状）"]


def test_inline_code_loses_its_backticks_and_gets_a_style():
    assert inline("use `x.view` **now**") == [("use ", ""), ("x.view", "code"), (" ", ""), ("now", "strong")]


@given(TEXT, st.integers(16, 60))
def test_no_line_is_wider_than_asked_unless_one_word_is(text, width):
    for line in wrap(inline(text), width):
        line_text = "".join(span for span, _ in line)
        longest = max((columns(word) for word in line_text.split()), default=0)
        assert columns(line_text) <= max(width, longest)


@given(TEXT, st.integers(16, 60))
def test_wrapping_loses_nothing_but_blanks(text, width):
    wrapped = "".join(span for line in wrap(inline(text), width) for span, _ in line)
    plain = "".join(span for span, _ in inline(text))
    assert "".join(wrapped.split()) == "".join(plain.split())
