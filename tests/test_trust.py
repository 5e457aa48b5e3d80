"""Code from outside the built-in entries runs only after the user has agreed to it."""

from pathlib import Path

import pytest
from msgspec import structs

from kb import Library, paths
from kb.errors import Untrusted
from kb.run import trust
from tests.conftest import ROOT


def test_foreign_code_is_trusted_only_after_a_yes_to_that_very_code(library):
    entry = library.get("passes")
    default, wrong = entry.snippets
    with pytest.raises(Untrusted, match=r"passes.yaml:\d+: .* ptnote run passes --yes"):
        trust.require(entry, default)
    trust.require(entry, default, agreed=True)
    trust.require(entry, default, agreed=True)
    trust.require(entry, default)
    assert len(paths.trust_file().read_text().split()) == 1
    with pytest.raises(Untrusted):
        trust.require(entry, wrong)
    with pytest.raises(Untrusted):
        trust.require(entry, structs.replace(default, code=default.code + "#"))


def test_the_error_carries_what_a_program_shows_before_it_asks(library):
    entry = library.get("passes")
    with pytest.raises(Untrusted) as raised:
        trust.require(entry, entry.snippets[1])
    path, _, line = raised.value.path.rpartition(":")
    assert path == entry.path
    first = entry.snippets[1].code.splitlines()[0]
    assert Path(path).read_text().splitlines()[int(line) - 1].strip() == first
    assert raised.value.code == entry.snippets[1].code


def test_builtin_code_needs_no_yes():
    entry = Library.load().get("one-hot")
    trust.require(entry, entry.snippets[0])
    assert not paths.trust_file().exists()


def test_the_same_files_opened_as_a_folder_of_their_own_do_need_one():
    entry = Library.load(ROOT / "entries").get("one-hot")
    with pytest.raises(Untrusted):
        trust.require(entry, entry.snippets[0])


def test_a_yes_that_cannot_be_kept_counts_and_is_told(library, monkeypatch, tmp_path):
    entry = library.get("passes")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    (told,) = trust.require(entry, entry.snippets[0], agreed=True)
    assert told.startswith("cannot remember your yes in ")
    with pytest.raises(Untrusted):
        trust.require(entry, entry.snippets[0])


def test_a_damaged_record_means_no_yes(library):
    entry = library.get("passes")
    trust.require(entry, entry.snippets[0], agreed=True)
    paths.trust_file().write_bytes(b"\xff\xfe")
    with pytest.raises(Untrusted):
        trust.require(entry, entry.snippets[0])
