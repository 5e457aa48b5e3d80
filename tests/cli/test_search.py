"""`ptnote search`, and words that are no command."""

import json
import re

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
        (["GradScaler"], "amp-training"),
        (["one_hot"], "one-hot"),
        (["torch.nn.functional.one_hot"], "one-hot"),
        (["gradient", "cliping"], "grad-clip"),
        (["autocst"], "autocast"),
    ],
)
def test_search_finds_the_right_entry_first(ptnote, words, first):
    done = ptnote("search", *words, "--ids")
    assert (done.code, done.out.splitlines()[0]) == (0, first)


def test_a_result_shows_id_title_summary_and_why(ptnote):
    done = ptnote("search", "独热", "-L", "zh")
    title, summary, why = done.out.splitlines()[:3]
    assert title == "one-hot  独热编码"
    assert "F.one_hot" in summary
    assert "命中" in why
    assert "独热" in why


def test_search_explains_each_score(ptnote):
    done = ptnote("search", "learnig rate warmup", "--explain", "-n", "1", "-L", "en")
    assert re.search(r"\d\.\d\d  learnig \(learning\): ", done.out)
    assert re.search(r"answers \d+% of the question", done.out)


def test_search_reads_stdin(ptnote):
    assert ptnote("search", "-", "--ids", stdin="one_hot\n").out.splitlines()[0] == "one-hot"


def test_nothing_found_is_exit_1_with_the_next_thing_to_type(ptnote):
    done = ptnote("search", "xyzzy", "-L", "en")
    assert (done.code, done.out) == (1, "")
    one_line(done, "nothing found for 'xyzzy'", "ptnote list")


@pytest.mark.parametrize("query", [[], [""], ["   "], ["?!"], ["（"]])
def test_an_empty_query_is_a_usage_error(ptnote, query):
    done = ptnote("search", *query)
    assert done.code == 2
    one_line(done, "try: ptnote search amp")


@pytest.mark.parametrize("query", ["(amp", '"amp', "tag: amp", "amp AND", "amp^", "[amp"])
def test_query_syntax_is_only_words(ptnote, query):
    assert ptnote("search", query, "--ids").out.splitlines()[0] == "amp-training"


def test_a_word_alone_is_shown_or_searched(ptnote):
    assert ptnote("one", "hot").out.startswith("One-hot encoding")
    assert ptnote("梯度裁剪").out.startswith("Gradient clipping · 梯度裁剪")
    assert "matched" in ptnote("rotate pictures", "-L", "en").out
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
    assert set(hit["reasons"]) == {"counted", "coverage", "name", "fit"}
