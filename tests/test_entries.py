"""The library as a whole: nothing of the notes is dropped, and every entry can be reached."""

import pytest

from kb import Library
from kb.content import categories
from kb.content import inventory as sources
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def entries():
    return list(Library.load(ROOT / "entries"))


def test_every_topic_of_the_notes_is_covered(entries):
    covered = {topic for entry in entries for topic in entry.covers}
    topics = [topic.id for topic in sources.load(ROOT / "entries").topics]
    assert len(topics) == len(set(topics)) == 260
    assert [topic for topic in topics if topic not in covered] == []


def test_every_category_has_one_overview(entries):
    overviews = [entry.category for entry in entries if "overview" in entry.tags]
    assert sorted(overviews) == sorted(categories.names())


def test_no_entry_is_an_island(entries):
    named = {other for entry in entries if "overview" not in entry.tags for other in entry.see_also}
    assert [entry.id for entry in entries if not entry.see_also] == []
    assert [entry.id for entry in entries if entry.id not in named and "overview" not in entry.tags] == []


def test_the_links_hold_the_library_together(entries):
    links = {entry.id: set(entry.see_also) for entry in entries}
    for id, others in list(links.items()):
        for other in others:
            links[other].add(id)
    reached, todo = set(), ["one-hot"]
    while todo:
        id = todo.pop()
        if id not in reached:
            reached.add(id)
            todo += links[id]
    assert sorted(links.keys() - reached) == []


def test_what_people_look_at_has_a_picture(entries):
    plots = {entry.id for entry in entries if any(snippet.name == "plot" for snippet in entry.snippets)}
    assert plots >= {
        "lr-schedulers",
        "focal-loss",
        "affine-grid",
        "interpolate",
        "forward-hooks",
        "weight-init",
        "confusion-matrix",
        "grouped-conv",
        "image-grid",
    }
