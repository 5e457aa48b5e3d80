"""The notebook runs from top to bottom."""

import json
import sys

import pytest

from kb.sheet.choose import chosen
from kb.sheet.content import Sheet

pytest.importorskip("nbformat")

import nbformat

from kb.sheet.notebook import SETUP, notebook


def made(library, *words, everything=False):
    sheet = Sheet(groups=chosen(library, words), languages=("en", "zh"), everything=everything)
    return nbformat.reads(notebook(sheet).decode(), as_version=4)


def test_every_snippet_is_a_cell(builtin):
    whole = made(builtin)
    nbformat.validate(whole)
    codes = {cell.source for cell in whole.cells if cell.cell_type == "code"}
    for entry in builtin:
        for snippet in entry.snippets:
            code = snippet.code.rstrip("\n")
            assert code in codes or any(
                one.endswith(code) and one.startswith("%%writefile ") for one in codes
            )
    ids = [cell.id for cell in whole.cells]
    assert len(set(ids)) == len(ids)


def test_ids_of_cells_stay_the_same(builtin):
    alone, among = made(builtin, "one-hot"), made(builtin, "tensor-ops", everything=True)
    assert {cell.id for cell in alone.cells} <= {cell.id for cell in among.cells}


def test_cells_that_raise_are_marked(library):
    cells = {cell.source: cell for cell in made(library, "reverse-text", "needs-cuda").cells}
    entry = library.get("reverse-text")
    for snippet in entry.snippets:
        tags = cells[snippet.code.rstrip("\n")].metadata.get("tags", [])
        assert tags == (["raises-exception"] if snippet.raises else [])
    needy = library.get("needs-cuda").snippets[0]
    assert cells[needy.code.rstrip("\n")].metadata["tags"] == ["raises-exception"]


@pytest.mark.needs_torch
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_runs_from_top_to_bottom(builtin, tmp_path, monkeypatch):
    """Entries that raise on purpose, write files, draw, start processes, and need several ranks."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    kernel = tmp_path / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    names = [
        "imports",
        "default-dtype",
        "one-hot",
        "cross-entropy",
        "plot-loss",
        "custom-dataset",
        "all-reduce",
        "torch-export",
        "seed",
    ]
    known = [name for name in names if builtin.resolve(name)]
    assert len(known) >= 5
    whole = made(builtin, *known)
    folder = tmp_path / "where-it-lies"
    folder.mkdir()
    client = nbclient.NotebookClient(whole, timeout=240, resources={"metadata": {"path": str(folder)}})
    client.execute()
    ran = [cell for cell in whole.cells if cell.cell_type == "code"]
    assert ran[0].source == SETUP
    assert all(cell.execution_count for cell in ran)
    assert [*folder.iterdir()] == []
    raised = {cell.id for cell in ran if any(one.output_type == "error" for one in cell.outputs)}
    marked = {cell.id for cell in ran if cell.metadata.get("tags")}
    assert raised <= marked
    printed = {cell.source: "".join(one.get("text", "") for one in cell.outputs) for cell in ran}
    first = builtin.get("one-hot").snippets[0]
    assert printed[first.code.rstrip("\n")] == first.output
