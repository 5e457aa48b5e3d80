"""The keys that `--json` prints are those of docs/json.md."""

import json
import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "json.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def keys_of_table(section: str) -> set[str]:
    """What stands in code in the first column of a section's table."""
    firsts = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {key for first in firsts for key in re.findall(r"`(\w+)`", first)}


@pytest.mark.parametrize(
    ("section", "call"),
    [
        ("show", ["show", "reverse-text"]),
        ("show", ["reverse-text"]),
        ("search", ["search", "reverse"]),
        ("search", ["turn", "a", "word", "around"]),
        ("why", ["why", "ValueError: x"]),
    ],
)
def test_documented_keys_are_the_keys(small, section, call):
    printed = json.loads(small(*call, "--json").out)
    assert set(printed) - {"schema"} == keys_of_table(SECTIONS[section])


@pytest.mark.parametrize("command", ["list", "tags", "categories", "sources", "paths"])
def test_documented_keys_of_lists_are_the_keys(small, command):
    printed = json.loads(small(command, "--json").out)
    (row,) = re.findall(rf"^\| `ptnote {command}`[^|]* \| (.*) \|$", PAGE, re.MULTILINE)
    assert printed["schema"] == 1
    assert set(printed) - {"schema"} <= set(re.findall(r"`(\w+)`", row))


def test_a_diagnosis_has_the_keys_that_are_documented(small):
    printed = json.loads(small("why", "ValueError: x", "--json").out)["diagnosis"]
    assert set(printed) <= set(re.findall(r"`(\w+)`", SECTIONS["why"]))
