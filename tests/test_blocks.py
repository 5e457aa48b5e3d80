"""Wrapping, as Chinese and English readers expect."""

from hypothesis import given
from hypothesis import strategies as st

from pycli.terminal.blocks import Code, Prose, columns, inline, lines, pad, wrap

TEXT = st.text(alphabet="ab cd张量形状，。（）`.", max_size=120)


def laid(text, width, **options):
    return ["".join(span for span, _ in line) for line in lines([Prose(text, **options)], width)]


def test_a_chinese_character_takes_two_columns():
    assert columns("a张b") == 4
    assert pad("张", 4) == "张  "


def test_english_breaks_at_blanks():
    assert laid("one two three", 8, tight=True) == ["one two", "three"]


def test_chinese_breaks_anywhere_but_not_before_punctuation():
    assert laid("张量形状，变了", 8, tight=True) == ["张量形", "状，变了"]


def test_opening_brackets_stay_with_what_follows():
    assert laid("张量形（状）", 8, tight=True) == ["张量形", "（状）"]


def test_a_bullet_hangs():
    assert laid("one two three", 9, bullet="! ", tight=True) == ["! one two", "  three"]


def test_a_list_stands_apart_from_the_paragraph_after_it():
    assert laid("one\n\n- two\n- three\n\nfour", 20) == ["one", "", "- two", "- three", "", "four", ""]


def test_inline_code_loses_its_backticks_and_gets_a_style():
    assert inline("use `x.view` **now**") == [("use ", ""), ("x.view", "code"), (" ", ""), ("now", "strong")]


def test_code_is_shown_as_it_is():
    long = "x = " + "y" * 100
    assert next(iter(lines([Code(long)], 20))) == [(long, "code-block")]


@given(TEXT, st.integers(16, 60))
def test_no_line_is_wider_than_asked_unless_one_word_is(text, width):
    for line in wrap(inline(text), width):
        told = "".join(span for span, _ in line)
        longest = max((columns(word) for word in told.split()), default=0)
        assert columns(told) <= max(width, longest)


@given(TEXT, st.integers(16, 60))
def test_wrapping_loses_nothing_but_blanks(text, width):
    wrapped = "".join(span for line in wrap(inline(text), width) for span, _ in line)
    plain = "".join(span for span, _ in inline(text))
    assert "".join(wrapped.split()) == "".join(plain.split())
