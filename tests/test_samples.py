"""Samples of messages: their files, and the rules that demand them."""

import pytest

from kb.check.engine import check
from kb.content.shelf import Shelf
from kb.errors import BadFile
from kb.messages.samples import Sample, read_samples, samples_path
from tests.conftest import LIBRARY

KNOWN = "- code: raise ValueError('the flux is 3')\n  says: 'ValueError: the flux is …'\n"
RECORDED = "- recorded: 'RuntimeError: out of flux'\n"


@pytest.fixture
def collection(tmp_path):
    """A collection of one entry, which explains two messages."""
    text = (LIBRARY / "gpu" / "needs-cuda.yaml").read_text()
    path = tmp_path / "entries" / "basics" / "flux.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text + "errors:\n  - match: the flux is {value}\n  - out of flux again\n")
    (tmp_path / "entries" / "categories.yaml").write_text("basics: {en: Basics, zh: 基础}\n")
    return tmp_path / "entries"


def write(collection, text):
    (collection / "basics" / "flux.messages.yaml").write_text(text)


def found(collection, *codes):
    problems = check(Shelf.open(collection), apis=False)
    return [(one.code, one.message) for one in problems if one.code in (codes or ("E117",))]


def test_rows_are_read_in_order(collection):
    write(collection, KNOWN + RECORDED)
    entry = Shelf.open(collection).entry("flux")
    assert samples_path(entry).name == "flux.messages.yaml"
    assert read_samples(entry) == [
        Sample(code="raise ValueError('the flux is 3')", says="ValueError: the flux is …"),
        Sample(recorded="RuntimeError: out of flux"),
    ]
    assert [sample.message for sample in read_samples(entry)] == [
        "ValueError: the flux is …",
        "RuntimeError: out of flux",
    ]


def test_an_entry_need_not_have_samples(collection):
    assert read_samples(Shelf.open(collection).entry("flux")) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- code: 1 / 0\n", "sample 1 needs either `code` and `says`, or `recorded` alone"),
        (RECORDED + "- says: words\n", "sample 2 needs either"),
        ("- {code: 1 / 0, says: words, recorded: words}\n", "sample 1 needs either"),
        ("- {recorded: words, says: words}\n", "sample 1 needs either"),
        ("- {}\n", "sample 1 needs either"),
        ("- said: words\n", "unknown field"),
        ("recorded: words\n", "is no list of samples"),
        ("- [\n", "is no list of samples"),
        ("", "is no list of samples"),
        ("[" * 5000, "is no list of samples"),
    ],
)
def test_a_malformed_file_is_one_line(collection, text, reason):
    write(collection, text)
    with pytest.raises(BadFile) as raised:
        read_samples(Shelf.open(collection).entry("flux"))
    assert reason in str(raised.value)
    assert "flux.messages.yaml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert [code for code, _ in found(collection)] == ["E117"]


def test_a_file_that_cannot_be_read_is_one_line(collection):
    (collection / "basics" / "flux.messages.yaml").mkdir()
    with pytest.raises(BadFile, match=r"cannot read .*flux\.messages\.yaml: Is a directory; mend"):
        read_samples(Shelf.open(collection).entry("flux"))


def test_each_pattern_must_meet_a_message(collection):
    assert len(found(collection)) == 2
    write(collection, KNOWN)
    [(_, message)] = found(collection)
    assert message == (
        "error pattern 'out of flux again' explains no message that a snippet raises, and no sample; "
        "add one to flux.messages.yaml"
    )
    write(collection, KNOWN + "- recorded: OUT  of flux again\n")
    assert found(collection) == []


def test_what_a_snippet_raises_counts(collection):
    write(collection, KNOWN)
    path = collection / "basics" / "flux.yaml"
    path.write_text(
        path.read_text().replace("    requires:", '    raises: "E: out of flux again"\n    requires:')
    )
    assert found(collection) == []


def test_additions_of_users_need_no_samples(collection):
    (collection / "categories.yaml").unlink()
    assert found(collection) == []


def test_samples_without_an_entry_are_found(collection):
    write(collection, KNOWN)
    assert found(collection, "E118") == []
    (collection / "basics" / "lost.messages.yaml").write_text(KNOWN)
    [(_, message)] = found(collection, "E118")
    assert "lost.yaml" in message
