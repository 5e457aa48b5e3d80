"""What people type, read as words and filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import BadQuery
from kb.search.query import parse


def test_filters_are_taken_out_of_the_words():
    query = parse("clip tag:Train_Loop category:losses api:F.One_Hot gradients", limit=3)
    assert query.words == "clip gradients" or query.words.split() == ["clip", "gradients"]
    assert (query.tags, query.categories, query.api) == (("train-loop",), ("losses",), ("f.one_hot",))
    assert query.narrowed
    assert query.limit == 3


@pytest.mark.parametrize("text", ["tag: amp", "xtag:amp", "tag", "tags:amp"])
def test_what_is_no_complete_filter_is_a_word(text):
    query = parse(text)
    assert not query.narrowed
    assert query.words == text


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_an_empty_query_is_refused(text):
    with pytest.raises(BadQuery, match="ptnote search amp"):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        query = parse(text)
    except BadQuery:
        assert not text.strip()
    else:
        assert query.words or query.narrowed
