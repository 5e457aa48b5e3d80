"""A sheet as a Jupyter notebook that runs from top to bottom: text, and every snippet as a cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from msgspec import structs

from kb.content.entry import Entry, Snippet
from kb.sheet import labels
from kb.sheet.content import Sheet
from kb.sheet.markdown import entry_blocks, escaped, prose
from kb.sheet.packages import needs

SETUP = """\
# Files that snippets write go into a new folder, not beside this notebook. What a snippet changes for
# the whole process is as in a new one when the next cell starts: settings of torch, names of Python.
import builtins
import os
import sys
import tempfile

os.chdir(tempfile.mkdtemp(prefix="ptnote-"))


def as_new(*_):
    for name in dir(builtins):
        if not name.startswith("_"):
            globals().pop(name, None)  # from torch import * hides range, sum, and round
    torch = sys.modules.get("torch")
    if torch:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)
        torch.use_deterministic_algorithms(False)
        torch.set_printoptions(profile="default")
        torch.autograd.set_detect_anomaly(False)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


get_ipython().events.register("pre_run_cell", as_new)"""

GOES_ON = {"tags": ["raises-exception"]}
"""Of a cell after whose exception Jupyter and nbclient go on."""


def notebook(sheet: Sheet) -> bytes:
    """The notebook, in format 4.5. Raises MissingExtra."""
    with needs():
        nbformat: Any = import_module("nbformat")
    cells = [_text(nbformat, "sheet title", f"# {escaped(sheet.joined(sheet.title))}")]
    cells.append(_code(nbformat, "sheet setup", SETUP))
    for group in sheet.groups:
        if len(sheet.groups) > 1:
            cells.append(
                _text(nbformat, f"{group.category} category", f"## {escaped(sheet.joined(group.title))}")
            )
        for entry in group.entries:
            cells += _entry(nbformat, sheet, entry)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": spec, "language_info": {"name": "python"}}
    )
    nbformat.validate(made)
    text: str = nbformat.writes(made)
    return f"{text.rstrip()}\n".encode()


def _entry(nbformat: Any, sheet: Sheet, entry: Entry) -> Iterator[Any]:
    card = structs.replace(sheet, everything=False)
    blocks = [*entry_blocks(card, entry, "###")]
    if sheet.everything:
        blocks += prose(sheet, entry.explain)
    yield _text(nbformat, entry.id, "\n\n".join(blocks))
    for snippet in entry.snippets:
        name = f"{entry.id}/{snippet.name}"
        yield _text(nbformat, f"{name} title", _title(sheet, snippet))
        yield from _cells(nbformat, name, snippet)


def _title(sheet: Sheet, snippet: Snippet) -> str:
    title = escaped(sheet.joined(snippet.title) if snippet.title else snippet.name)
    needed = labels.requirements(snippet)
    return f"#### {title}" + (f"\n\n{sheet.joined(labels.REQUIRES)}: {escaped(needed)}" if needed else "")


def _cells(nbformat: Any, name: str, snippet: Snippet) -> Iterator[Any]:
    """A snippet as a cell; one that starts processes as a file that the next cell runs, because they look
    for the functions of the program in its file."""
    requires = snippet.requires
    needs_more = requires.packages or requires.device or requires.min_torch or requires.ranks > 1
    metadata = GOES_ON if snippet.raises or needs_more else {}
    if requires.ranks == 1 and "__main__" not in snippet.code:
        yield _code(nbformat, name, snippet.code, metadata)
        return
    file = f"{name.replace('/', '-')}.py"
    launcher = f"-m torch.distributed.run --nproc-per-node {requires.ranks} " if requires.ranks > 1 else ""
    yield _code(nbformat, name, f"%%writefile {file}\n{snippet.code}")
    yield _code(nbformat, f"{name} run", f'import sys\n\n!"{{sys.executable}}" {launcher}{file}', metadata)


def _text(nbformat: Any, name: str, text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text, id=_id(name))


def _code(nbformat: Any, name: str, code: str, metadata: dict[str, Any] | None = None) -> Any:
    return nbformat.v4.new_code_cell(code.rstrip("\n"), id=_id(name), metadata=dict(metadata or {}))


def _id(name: str) -> str:
    """The id of a cell: the same in every notebook that has it, so that versions can be compared."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
