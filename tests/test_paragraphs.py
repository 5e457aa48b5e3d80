"""Joining the lines of a paragraph."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.paragraphs import paragraphs


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one\ntwo", ["one two"]),
        ("张量\n形状", ["张量形状"]),
        ("用 view\n改形状", ["用 view 改形状"]),
        ("结束，\n`view` 不行", ["结束，`view` 不行"]),
        ("a\n\nb", ["a", "b"]),
        ("list:\n- one\n  more\n- two", ["list:", "- one more", "- two"]),
        ("```\na\n  b\n```", ["```\na\n  b\n```"]),
    ],
)
def test_lines_join_as_each_language_wants(text, joined):
    assert paragraphs(text) == joined


@given(st.lists(st.text(alphabet="ab张量，。 `", max_size=8), max_size=6))
def test_nothing_but_space_is_lost(lines):
    text = "\n".join(lines)
    assert "".join("".join(paragraphs(text)).split()) == "".join(text.split())
