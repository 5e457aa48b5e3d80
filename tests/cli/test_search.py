"""`ptnote search`, and words that are no command."""

import json
import os
import re
import time

import pytest

from tests.cli.helpers import on_terminal, one_line


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["amp"], "amp-training"),
        (["混合精度"], "amp-training"),
        (["独热"], "one-hot"),
        (["学习率"], "lr-schedulers"),
        (["显存"], "cuda-memory"),
        (["GradScaler"], "grad-scaler"),
        (["one_hot"], "one-hot"),
        (["torch.nn.functional.one_hot"], "one-hot"),
        (["gradient", "cliping"], "grad-clip"),
        (["autocst"], "autocast"),
    ],
)
def test_search_finds_the_right_entry_first(ptnote, words, first):
    done = ptnote("search", *words, "--ids")
    assert (done.code, done.out.splitlines()[0]) == (0, first)


def test_a_result_shows_number_id_title_and_summary(ptnote):
    title, summary, second = ptnote("search", "独热", "-L", "zh").out.splitlines()[:3]
    assert title == " 1  one-hot  独热编码"
    assert "F.one_hot" in summary
    assert second.startswith(" 2  ")


def test_a_number_opens_an_entry_of_the_last_list(ptnote):
    ids = ptnote("search", "learning rate", "--ids").out.splitlines()
    ptnote("search", "learning rate")
    assert ptnote("3", "-L", "en").out.startswith(f"{ids[2]}  ")
    assert ptnote("3", "--all").out != ptnote("3").out
    done = ptnote("99")
    assert done.code == 1
    assert "the last list goes from 1 to" in done.err


def test_lists_without_numbers_are_not_remembered(ptnote):
    ptnote("search", "one-hot")
    ptnote("search", "learning rate", "--ids")
    ptnote("search", "learning rate", "--json")
    assert ptnote("1").out.startswith("one-hot  ")


def test_a_number_without_a_list_says_what_to_do(ptnote):
    done = ptnote("3")
    assert (done.code, done.out) == (1, "")
    assert "no list to take number 3 from; try: ptnote search" in done.err


def test_a_list_of_yesterday_and_an_entry_that_is_gone_are_told(ptnote, clean_environment):
    ptnote("search", "one-hot")
    place = clean_environment / "xdg_state_home" / "ptnote" / "last-list.txt"
    assert place.parent.stat().st_mode & 0o077 == 0
    long_ago = time.time() - 25 * 3600
    os.utime(place, (long_ago, long_ago))
    assert "more than a day old" in ptnote("1").err
    place.write_text("no-such-entry\n")
    assert "'no-such-entry', number 1 of the last list, is gone" in ptnote("1").err
    place.write_bytes(b"\xff")
    assert "no list to take" in ptnote("1").err


def test_a_list_that_cannot_be_kept_is_shown_all_the_same(ptnote, clean_environment):
    clean_environment.joinpath("xdg_state_home").write_text("a file")
    done = ptnote("search", "one-hot")
    assert done.code == 0
    assert done.out.startswith(" 1  one-hot")


def test_a_question_is_answered_with_the_best_card_and_the_next_hits(small):
    done = small("turn", "a", "word", "around", "-L", "en")
    card, _, others = done.out.rpartition("\n\n")
    assert card.startswith("reverse-text  Reverse a text\n")
    assert [line.split()[0] for line in others.splitlines()] == ["2", "3", "4", "5"]
    assert len(done.out.splitlines()) <= 23
    second = others.split()[1]
    assert small("2").out.startswith(f"{second}  ")
    assert small("1").out.startswith("reverse-text  ")


def test_a_question_that_nothing_fits_is_told_so_first(ptnote):
    doubt = "No entry fits this well; the nearest:"
    assert ptnote("kubernetes", "ingress", "controller", "-L", "en").out.startswith(doubt)
    assert ptnote("search", "kubernetes ingress controller", "-L", "en").out.startswith(doubt)
    assert doubt not in ptnote("how", "do", "I", "freeze", "layers", "-L", "en").out
    done = ptnote("qqwwvv")
    assert (done.code, done.out) == (1, "")
    assert "nothing found" in done.err


def test_search_explains_each_score(ptnote):
    done = ptnote("search", "learnig rate warmup", "--explain", "-n", "1", "-L", "en")
    assert re.search(r"\d\.\d\d  learnig \(learning\): ", done.out)
    assert re.search(r"answers \d+% of the question", done.out)
    assert "% of the question" not in ptnote("search", "learnig rate warmup", "-n", "1", "-L", "en").out


def test_explanations_are_true_of_the_entry(ptnote):
    hits = json.loads(ptnote("search", "学习率", "--json").out)["hits"]
    (hit,) = [hit for hit in hits if hit["id"] == "set-lr"]
    assert {"field": "id", "words": ["lr"]} in hit["why"], "the id holds lr, not 学习率"


def test_search_reads_stdin(ptnote):
    assert ptnote("search", "-", "--ids", stdin="one_hot\n").out.splitlines()[0] == "one-hot"


def test_nothing_found_is_exit_1_with_the_next_thing_to_type(ptnote):
    done = ptnote("search", "qqwwvv", "-L", "en")
    assert (done.code, done.out) == (1, "")
    one_line(done, "nothing found for 'qqwwvv'", "ptnote list")


@pytest.mark.parametrize("query", [[], [""], ["   "], ["?!"], ["（"]])
def test_an_empty_query_is_a_usage_error(ptnote, query):
    done = ptnote("search", *query)
    assert done.code == 2
    one_line(done, "try: ptnote search amp")


@pytest.mark.parametrize("query", ["(amp", '"amp', "tag: amp", "amp AND", "amp^", "[amp"])
def test_query_syntax_is_only_words(ptnote, query):
    assert ptnote("search", query, "--ids").out.splitlines()[0] == "amp-training"


def test_a_word_alone_is_shown_or_searched(ptnote):
    assert ptnote("one", "hot").out.startswith("one-hot  One-hot encoding")
    assert ptnote("梯度裁剪").out.startswith("grad-clip  Gradient clipping")
    assert "\n 2  " in ptnote("rotate pictures", "-L", "en").out
    done = ptnote("serch")
    assert "did you mean: ptnote search" in done.err


@pytest.mark.slow
def test_the_first_search_shows_progress_on_a_terminal(empty_cache):
    first = on_terminal("search", "amp", columns=100)
    assert "indexing" in first
    assert "indexing" not in on_terminal("search", "amp", columns=100)


def test_hits_as_json_have_stable_keys(ptnote):
    found = json.loads(ptnote("search", "mixed precision loss", "--json").out)
    assert set(found) == {"schema", "query", "hits", "corrected", "suggestions"}
    hit = found["hits"][0]
    assert set(hit) == {"id", "title", "summary", "category", "tags", "score", "why", "reasons"}
    assert set(hit["reasons"]) == {"counted", "coverage", "name", "fit", "wording", "gained", "raised"}


@pytest.mark.parametrize("languages", ["en", "zh", "both"])
def test_ten_hits_fit_a_terminal_of_24_rows(languages):
    shown = on_terminal("search", "learning rate", "-L", languages, PTNOTE_PAGER="cat", NO_COLOR="1")
    assert re.findall(r"^ ?(\d+)  ", shown, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len(shown.splitlines()) < 24
