"""What stands beside the entries: the inventory of the notes, the categories, the schema, the template."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kb import KbError, Library
from kb.content import inventory, schema, tables
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def builtin(warm_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTNOTE_CACHE_DIR", warm_cache)
        yield Library.load(ROOT / "entries")


def in_one_order(value):
    """A JSON value with its alternatives sorted: versions of msgspec list them in different orders."""
    if isinstance(value, dict):
        made = {key: in_one_order(one) for key, one in value.items()}
        if "anyOf" in made:
            made["anyOf"] = sorted(made["anyOf"], key=json.dumps)
        return made
    return [in_one_order(one) for one in value] if isinstance(value, list) else value


def test_the_schema_is_in_step_and_describes_every_field():
    written = json.loads((ROOT / "entries" / "entry.schema.json").read_text())
    assert in_one_order(written) == in_one_order(json.loads(schema.text()))
    for definition in schema.schema()["$defs"].values():
        for name, field in definition.get("properties", {}).items():
            assert field.get("description"), name


def test_the_schema_module_prints_the_schema():
    command = [sys.executable, "-m", "kb.content.schema"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == schema.text()


def test_the_inventory_names_the_notes_of_its_topics_and_what_covers_them(builtin):
    found, coverage = builtin.sources()
    assert set(found.notes) == {place.note for topic in found.topics for place in topic.sources}
    assert set(coverage) == {topic.id for topic in found.topics}
    assert coverage["one-hot"] == ("one-hot",)


def test_an_entry_names_the_notes_it_comes_from(builtin):
    note, sections = builtin.origins(builtin.get("one-hot"))[0]
    assert (note.title, sections) == ("PytorchPoint", ("one-hot编码",))


@pytest.mark.parametrize("text", ["notes: [", "notes: 3\ntopics: []\n"])
def test_a_malformed_inventory_is_named(tmp_path, text):
    (tmp_path / "sources.yaml").write_text(text)
    with pytest.raises(KbError, match=r"sources\.yaml"):
        inventory.load(tmp_path)


def test_categories_have_names_in_both_languages_and_an_order():
    names = tables.categories()
    assert next(iter(names)) == "setup-device"
    assert names["amp"].en == "Mixed and half precision"
    assert names["amp"].zh == "混合精度与半精度"


def test_the_snippets_extra_holds_nothing_that_no_snippet_requires(builtin):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    used = {package for entry in builtin for one in entry.snippets for package in one.requires.packages}
    assert set(project["optional-dependencies"]["snippets"]) <= used


def test_the_template_is_an_entry(tmp_path):
    (tmp_path / "training").mkdir()
    template = (ROOT / "entries" / "_template.yaml").read_text()
    (tmp_path / "training" / "mine.yaml").write_text(template)
    library = Library.load(Path(tmp_path))
    assert library.problems == []
    assert library.get("mine").snippets[0].name == "default"
