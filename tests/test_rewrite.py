"""Observed output written back into entry files."""

import pytest

from kb import Library
from kb.content.rewrite import write_outputs
from kb.errors import BadFile
from tests.conftest import ROOT

ENTRIES = sorted(p for p in (ROOT / "entries").glob("*/*.yaml") if not p.name.endswith(".messages.yaml"))


def test_updating_changes_the_output_and_nothing_else(own_library):
    path = own_library / "basics" / "passes.yaml"
    before = path.read_text().replace("tags: [addition, basics]", "tags: [addition, basics]  # a comment")
    path.write_text(before)
    assert write_outputs(path, {"default": "[1.0]\nnew\n"})
    after = path.read_text()
    assert after == before.replace("      [4.0, 6.5]\n", "      [1.0]\n      new\n")
    assert not write_outputs(path, {"default": "[1.0]\nnew\n"})
    assert Library.load(own_library).get("passes").snippets[0].output == "[1.0]\nnew\n"


def test_updating_adds_an_output_after_the_code(own_library):
    path = own_library / "basics" / "fails.yaml"
    assert write_outputs(path, {"default": "hello\n"})
    assert 'two"\n    output: |\n      hello\n' in path.read_text()


def test_updating_does_not_take_a_markdown_list_for_the_layout(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text().replace("explain:\n  en: |\n", "explain:\n  en: |\n    - One.\n    - Two.\n\n")
    path.write_text(text)
    assert write_outputs(path, {"default": "new\n"})
    assert path.read_text() == text.replace("      [4.0, 6.5]\n", "      new\n")


@pytest.mark.parametrize("path", ENTRIES[::4], ids=lambda path: path.stem)
def test_updating_keeps_the_layout_of_builtin_entries(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    write_outputs(copy, {"default": "something new\n"})
    before, after = path.read_text().splitlines(), copy.read_text().splitlines()
    changed = [line for line in after if line not in before]
    assert changed in (["      something new"], ["    output: |", "      something new"])


@pytest.mark.parametrize(
    "printed", ["10%\r100%\n", "\x1b[31mred\x1b[0m\n", "a\0b\n", "\tfirst\n", "\x07", "\x85", "\ufffe"]
)
def test_output_that_yaml_cannot_hold_never_costs_the_entry(own_library, printed):
    path = own_library / "basics" / "passes.yaml"
    before = path.read_bytes()
    try:
        write_outputs(path, {"default": printed})
    except BadFile as error:
        assert str(path) in str(error)
        assert path.read_bytes() == before
    assert Library.load(own_library).get("passes").snippets[1].name == "wrong"


def test_updating_keeps_a_link_and_the_permissions(own_library, tmp_path):
    path = own_library / "basics" / "passes.yaml"
    target = path.rename(tmp_path / "elsewhere.yaml")
    target.chmod(0o640)
    path.symlink_to(target)
    (path.with_suffix(".yaml.new")).write_text("mine")
    assert write_outputs(path, {"default": "new\n"})
    assert path.is_symlink()
    assert "      new\n" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640
    assert path.with_suffix(".yaml.new").read_text() == "mine"


@pytest.mark.parametrize(
    "text", ["a: [", "- list", "title: x", "snippets: 5", "snippets: [5]", "", "snippets: [{}]"]
)
def test_what_is_no_entry_any_more_is_told_and_left_alone(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(BadFile, match="no entry any more"):
        write_outputs(path, {"default": "new\n"})
    assert path.read_text() == text
