"""The right entry first, in both languages."""

import warnings
from collections import defaultdict

import pytest
import yaml

from kb import Library
from kb import search as searching
from kb.errors import BadQuery
from tests.conftest import HERE

QUERIES = yaml.safe_load((HERE / "search" / "queries.yaml").read_text())
FLOOR = 0.95
"""Share of the queries of each kind whose first hit must be right."""


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTNOTE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        library = Library.load()
        library.search("amp")
        yield library


def found(library, text):
    return searching.search(library, searching.parse(text))


def test_the_right_entry_comes_first(builtin, capsys):
    right, misses = defaultdict(list), []
    for row in QUERIES:
        hits = [hit.id for hit in found(builtin, row["query"]).hits]
        right[row["kind"]].append(bool(hits) and hits[0] in row["entries"])
        if not right[row["kind"]][-1]:
            misses.append(f"{row['query']}: wanted {row['entries']}, got {hits[:3]}")
    rates = {kind: sum(hits) / len(hits) for kind, hits in right.items()}
    assert all(rate >= FLOOR for rate in rates.values()), (rates, misses)


def test_every_id_and_alias_finds_its_entry_first(builtin):
    for head in builtin.heads.values():
        for name in (head.id, *head.aliases, head.title.en, head.title.zh):
            assert found(builtin, name).hits[0].id == head.id, name


def test_every_hit_says_why(builtin):
    for text in ("amp", "混合精度", "gradient cliping", "one_hot"):
        for hit in found(builtin, text).hits:
            assert hit.why, (text, hit.id)


@pytest.mark.parametrize(
    "text", ['amp "', "(amp", "amp AND", "tag: amp", "amp *", "amp ^2", "[amp", "amp ~", "not amp"]
)
def test_query_syntax_is_only_words(builtin, text):
    assert found(builtin, text).hits[0].id == "amp-training"


@pytest.mark.parametrize("text", ["", "   ", "(", '"', "？！", "***"])
def test_a_query_without_words_is_refused(builtin, text):
    with pytest.raises(BadQuery):
        found(builtin, text)


def test_filters_narrow(builtin):
    assert {hit.category for hit in found(builtin, "category:losses loss").hits} == {"losses"}
    assert all("amp" in hit.tags for hit in found(builtin, "tag:amp").hits)
    assert found(builtin, "api:one_hot").hits[0].id == "one-hot"
    assert "amp-training" not in [hit.id for hit in found(builtin, "category:losses amp").hits]
    assert found(builtin, "tag:nothing-has-this amp").hits == []


def test_the_limit_is_kept(builtin):
    assert len(searching.search(builtin, searching.parse("torch", limit=3)).hits) == 3


def test_typos_are_told(builtin):
    result = found(builtin, "autocst")
    assert "autocast" in result.corrected["autocst"]


def test_nothing_found_suggests_what_would_have_hit(builtin):
    result = found(builtin, "xyzzy")
    assert (result.hits, result.suggestions) == ([], ())
    assert found(builtin, "category:amp onehot-encodng").suggestions


def test_search_is_a_method_of_the_library(builtin):
    assert builtin.search("独热")[0].title.en == "One-hot encoding"


def test_whoosh_imports_and_searches_without_a_warning(builtin):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert builtin.search("混合精度训练")
