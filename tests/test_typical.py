"""What is learned from an entry, and that it fits into the number that the index keeps."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import Library
from kb.search import posting
from kb.search.document import examples
from kb.search.typical import typical_terms
from kb.search.weights import LEARNED
from tests.conftest import HERE

ZEBRA = """
format: 2
title: {en: "Zebra striping of rows", zh: "表格行的斑马纹"}
summary: {en: "Color every second row of a table.", zh: "给表格隔行上色。"}
tags: [table]
explain: {en: "A slice with the step 2 takes every second row.", zh: "步长为 2 的切片每隔一行取一行。"}
snippets:
  - name: default
    code: |
      print(list(range(6))[::2])
    output: |
      [0, 2, 4]
"""


@pytest.fixture(scope="module")
def small():
    return Library.load(HERE / "library")


def test_the_terms_of_an_entry_are_a_vector_of_length_one(small):
    for entry in small:
        typical = typical_terms(examples(entry))
        assert math.hypot(*typical.values()) == pytest.approx(1)
        assert all(0 < value <= 1 for value in typical.values())


def test_what_is_asked_in_many_phrases_is_more_typical_than_what_a_sentence_says(small):
    entry = small.get("reverse-text")
    typical = typical_terms(examples(entry))
    assert typical["revers"] == max(typical.values())


@settings(deadline=None)
@given(st.integers(0, 1023), st.floats(0, 1))
def test_a_posting_says_both_fields_and_how_typical_a_term_is(fields, typical):
    number = posting.pack(fields, typical)
    assert number < 1 << 24  # what a single-precision number holds exactly
    assert posting.fields_of(number) == fields
    assert posting.typical_of(number) == pytest.approx(typical, abs=1 / posting.MOST)


def test_a_value_out_of_range_leaves_the_fields_alone():
    assert posting.fields_of(posting.pack(5, 1.5)) == posting.fields_of(posting.pack(5, -1.0)) == 5


def test_of_two_entries_that_say_the_same_the_one_that_others_refer_to_comes_first(tmp_path):
    basics = tmp_path / "basics"
    basics.mkdir()
    for name in ("a-stripes", "b-stripes"):
        basics.joinpath(f"{name}.yaml").write_text(ZEBRA, encoding="utf-8")
    assert [hit.id for hit in Library.load(tmp_path).search("zebra striping")] == ["a-stripes", "b-stripes"]
    for number in range(6):
        text = ZEBRA.replace("Zebra striping of rows", f"Another {number}") + "see_also: [b-stripes]\n"
        basics.joinpath(f"other-{number}.yaml").write_text(text, encoding="utf-8")
    first, second, *_ = Library.load(tmp_path).search("zebra striping of rows")
    assert (first.id, second.id) == ("b-stripes", "a-stripes")
    assert first.explanation.raised == pytest.approx(1 + LEARNED.links * math.log(7), abs=0.001)
    assert second.explanation.raised == pytest.approx(1 + LEARNED.links * math.log(5), abs=0.001)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("my question about zebra striping of rows", "zebra-rows"), ("斑马纹怎么给表格的行上色", "zebra-rows")],
)
def test_an_entry_of_ones_own_is_found_beside_those_with_many_phrases(tmp_path, builtin, question, expected):
    """Nobody wrote phrases for it, and no number was learned on it."""
    folder = tmp_path / "mine"
    folder.joinpath("basics").mkdir(parents=True)
    folder.joinpath("basics", "zebra-rows.yaml").write_text(ZEBRA, encoding="utf-8")
    both = Library.load(builtin.shelf.folders[0].root, folder)
    assert not both.problems
    assert both.search(question).hits[0].id == expected
