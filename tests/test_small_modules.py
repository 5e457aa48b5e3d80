"""Observed output written back into entry files."""

import pytest

from kb import Library
from kb.content.rewrite import write_outputs
from tests.conftest import ROOT


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


@pytest.mark.parametrize("path", sorted((ROOT / "entries").glob("*/*.yaml"))[::4], ids=lambda path: path.stem)
def test_updating_keeps_the_layout_of_builtin_entries(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    write_outputs(copy, {"default": "something new\n"})
    before, after = path.read_text().splitlines(), copy.read_text().splitlines()
    changed = [line for line in after if line not in before]
    assert changed in (["      something new"], ["    output: |", "      something new"])
