"""Commands that list what there is."""

import json
import re
import subprocess

import pytest

from pycli.terminal.wrap import columns
from tests.cli.helpers import COMMAND, on_terminal, one_line
from tests.conftest import ROOT


def entry_files():
    return [path for path in (ROOT / "entries").glob("*/*.yaml") if not path.name.endswith(".messages.yaml")]


def test_lists_print_one_name_per_line_in_a_pipe(ptnote):
    ids = ptnote("list").out.splitlines()
    assert len(ids) == len(set(ids)) == len(entry_files())
    assert "one-hot" in ids
    tagged = ptnote("list", "-t", "amp").out.splitlines()
    assert {"amp-training", "autocast"} <= set(tagged) < set(ids)
    assert set(ptnote("list", "-c", "losses").out.splitlines()) >= {"cross-entropy", "focal-loss"}
    assert "loss" in ptnote("tags").out.splitlines()
    assert set(ptnote("categories").out.splitlines()) == {path.parent.name for path in entry_files()}
    done = ptnote("list", "-t", "nothing")
    assert done.code == 1
    one_line(done, "no tag or category 'nothing'")


def test_head_ends_silently():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {COMMAND} list | head -1"], capture_output=True, text=True
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    shown = subprocess.run(
        ["bash", "-c", f"{COMMAND} show one-hot | head -1"], capture_output=True, text=True
    )
    assert shown.stderr == ""


def test_the_welcome_counts_and_suggests_five_things(ptnote):
    done = ptnote()
    assert done.code == 0
    count = len(ptnote("list").out.splitlines())
    assert f"{count} entries" in done.out
    assert len([line for line in done.out.splitlines() if line.startswith("  ptnote ")]) == 5


def test_sources_show_the_table_and_the_count(ptnote):
    done = ptnote("sources", "-L", "both")
    rows = [line.split("\t") for line in done.out.splitlines()]
    topics = re.findall(r"^ *- id: (\S+)$", (ROOT / "entries" / "sources.yaml").read_text(), re.MULTILINE)
    assert [row[0] for row in rows] == topics
    assert ["one-hot", "one-hot 编码", "000 one-hot编码", "one-hot"] in rows
    covered = sum(row[3] != "-" for row in rows)
    assert f"{covered} of {len(rows)} topics" in done.err
    assert len(ptnote("sources", "--open").out.splitlines()) == len(rows) - covered


def test_an_unreadable_folder_is_named(ptnote, tmp_path):
    done = ptnote("list", env={"PTNOTE_PATH": str(tmp_path / "nowhere")})
    assert done.code == 1
    one_line(done, "nowhere", "ptnote paths")


@pytest.mark.parametrize("command", ["list", "tags", "categories", "sources", "paths", "random"])
def test_reading_commands_print_json(ptnote, command):
    assert json.loads(ptnote(command, "--json").out)["schema"] == 1


@pytest.mark.parametrize("command", ["list", "tags", "sources"])
def test_long_lists_are_paged_on_a_terminal(command):
    shown = on_terminal(command, "--color=never", PTNOTE_PAGER="sed s/^/PAGED:/")
    lines = [line for line in shown.splitlines() if not line.startswith("ptnote: ")]
    assert len(lines) > 50
    assert all(line.startswith("PAGED:") for line in lines)
    assert max(map(columns, lines)) <= 80 + len("PAGED:")
