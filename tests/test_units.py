"""Questions taken apart, with the ways in which an entry may say each part."""

import pytest

from kb.search.synonyms import load, normalize_phrase
from kb.search.terms import content_runs
from kb.search.units import Kind, units
from kb.search.weights import LEARNED

SYNONYMS = {
    "显存": ("gpu memory",),
    "gpu memory": ("显存",),
    "lr": ("learning rate", "学习率"),
    "学习率": ("lr", "learning rate"),
    "学习": ("learning",),
}


def options(text, unit=0):
    return {option.terms: option.kind for option in units(text, SYNONYMS)[unit].options}


def test_a_phrase_of_several_words_is_one_unit():
    assert [unit.text for unit in units("clear gpu memory now", SYNONYMS)] == ["clear", "gpu memory", "now"]
    assert ("显存",) in options("clear GPU-memory", 1)


def test_a_synonym_counts_less_than_what_was_typed():
    assert options("gpu memory") == {("gpu", "memori"): Kind.typed, ("显存",): Kind.synonym}
    assert LEARNED.kinds[Kind.synonym] < LEARNED.kinds[Kind.typed]
    assert options("lr") == {
        ("lr",): Kind.typed,
        ("learn", "rate"): Kind.synonym,
        ("学习", "习率"): Kind.synonym,
    }


def test_the_longest_known_phrase_of_a_run_wins():
    assert [unit.text for unit in units("学习率预热", SYNONYMS)] == ["学习率", "预热"]


def test_parts_of_a_name_count_less_than_the_whole():
    assert options("F.one_hot")[("f.one_hot",)] is Kind.typed
    assert options("F.one_hot")[("one_hot",)] is Kind.part
    assert LEARNED.kinds[Kind.part] < LEARNED.kinds[Kind.typed]


@pytest.mark.parametrize(
    ("text", "same"), [("Learning-Rate", "learning rate"), ("ＧＰＵ memory", "gpu memory")]
)
def test_phrases_are_compared_without_case_and_dashes(text, same):
    assert normalize_phrase(text) == same


def test_the_builtin_synonyms_hold_both_ways():
    known = load()
    assert "gpu memory" in known["显存"]
    for phrase, others in known.items():
        assert phrase == normalize_phrase(phrase)
        assert all(phrase in known[other] for other in others)


def test_no_builtin_synonym_is_lost_among_the_question_words():
    for phrase in load():
        if not phrase.isascii():
            assert "".join(run.text for run in content_runs(phrase)) == phrase.replace(" ", ""), phrase
