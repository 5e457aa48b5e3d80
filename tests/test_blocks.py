"""The blocks of a page as lines."""

from pycli.terminal.blocks import Changes, Code, Prose, lines


def laid(text, width, **options):
    return ["".join(span for span, _ in line) for line in lines([Prose(text, **options)], width)]


def test_a_bullet_hangs():
    assert laid("one two three", 9, bullet="! ", tight=True) == ["! one two", "  three"]


def test_a_list_stands_apart_from_the_paragraph_after_it():
    assert laid("one\n\n- two\n- three\n\nfour", 20) == ["one", "", "- two", "- three", "", "four", ""]


def test_code_is_shown_as_it_is():
    long = "x = " + "y" * 100
    assert next(iter(lines([Code(long)], 20))) == [(long, "code-block")]


def test_changes_mark_the_lines_of_one_side_alone():
    shown = list(lines([Changes("same\nold\n", "same\nnew\n")], 20))
    assert shown == [[("  same", "code-block")], [("- old", "bad")], [("+ new", "good")], []]
