"""Names as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.names import normalize, suggest


@pytest.mark.parametrize(
    "typed", ["one-hot", "one hot", "One_Hot", "ONE.HOT", " one  hot ", "ｏｎｅ－ｈｏｔ", "one/hot"]
)
def test_spellings_of_one_name_are_one_name(typed):
    assert normalize(typed) == "one-hot"


@given(st.text())
def test_normalizing_twice_changes_nothing(text):
    assert normalize(normalize(text)) == normalize(text)


def test_suggestions_come_nearest_first():
    assert suggest("onehott", ["one-hot", "on", "seed"])[0] == "one-hot"
    assert suggest("xyzzy", ["one-hot", "seed"]) == ()
