"""Entries written to a file of another format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from kb import paths
from kb.content.entry import LANGUAGES, Language
from kb.errors import BadFile, BadSetting, FileExists

if TYPE_CHECKING:
    from kb.library import Library
    from kb.sheet.content import Sheet

SHEETS = {
    ".html": ("page", "page"),
    ".pdf": ("pdf", "pdf"),
    ".md": ("markdown", "markdown"),
    ".ipynb": ("notebook", "notebook"),
    ".apkg": ("cards", "cards"),
}
"""The formats of sheets by the end of the file's name: the module and the function that make the file."""

EXPORTS = {"vscode": ("vscode", "snippets"), "navi": ("navi", "cheats"), "cheat": ("cheat", "sheets")}
"""The tools that entries can be exported to: the module and the function that make their files."""


class Written(Struct, frozen=True, kw_only=True):
    """What was written."""

    files: tuple[str, ...]
    entries: tuple[str, ...]
    """Ids of the entries in it."""
    size: int
    """Bytes of all files."""
    figures: int = 0
    left_out: tuple[str, ...] = ()
    """A line for each snippet whose figures are missing, because it could not be run here."""


def write_sheet(
    library: Library,
    path: Path | str,
    words: Iterable[str] = (),
    *,
    languages: tuple[Language, ...] = LANGUAGES,
    everything: bool = False,
    figures: bool = False,
    replace: bool = False,
    python: str = "",
    agreed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write the entries that any of the words means, or all, to one file: a page (.html), a PDF, Markdown
    (.md), a notebook (.ipynb) or Anki cards (.apkg). Each word is a category, a tag, or a name of an entry.

    A page holds both languages and shows `languages` first; the others hold these only. Without `everything`
    an entry is what its card shows; a page folds the rest. `figures` runs the snippets that draw, with
    `python`; see `Library.run` for `agreed`; `progress` counts these snippets. A file that exists is only
    replaced with `replace`.

    Raises BadSetting for an end that names no format, UnknownEntry, MissingExtra, FileExists, and BadFile.
    """
    from kb.sheet.choose import chosen
    from kb.sheet.content import Sheet
    from kb.sheet.figures import drawn

    target = Path(path)
    if target.suffix not in SHEETS:
        known = ", ".join(SHEETS)
        raise BadSetting(f"the name of {target} has to end in one of: {known}")
    _ready([target], replace)
    groups = chosen(library, words)
    pictures, left_out = drawn(library, groups, python, agreed, progress) if figures else ((), ())
    sheet = Sheet(groups=groups, languages=languages, everything=everything, figures=pictures)
    size = _put({target: _maker(SHEETS[target.suffix])(sheet)}, replace)
    ids = tuple(entry.id for entry in sheet.entries)
    return Written(files=(str(target),), entries=ids, size=size, figures=len(pictures), left_out=left_out)


def write_export(
    library: Library,
    tool: str,
    path: Path | str,
    words: Iterable[str] = (),
    *,
    languages: tuple[Language, ...] = LANGUAGES,
    replace: bool = False,
) -> Written:
    """Write entries in the format of another tool: `vscode` and `navi` to a file, `cheat` to a folder, a file
    for each entry. Words, languages, and `replace` are as for `write_sheet`.

    Raises BadSetting for an unknown tool, UnknownEntry, FileExists, and BadFile.
    """
    from kb.sheet.choose import chosen
    from kb.sheet.content import Sheet

    if tool not in EXPORTS:
        raise BadSetting(f"no tool '{tool}'; use one of: {', '.join(EXPORTS)}")
    target = Path(path)
    if tool != "cheat":
        _ready([target], replace)
    sheet = Sheet(groups=chosen(library, words), languages=languages)
    made = _maker(EXPORTS[tool])(sheet)
    contents = {target: made} if isinstance(made, bytes) else {target / name: made[name] for name in made}
    if tool == "cheat":
        _make_folder(target)
        _ready(contents, replace)
    size = _put(contents, replace)
    ids = tuple(entry.id for entry in sheet.entries)
    return Written(files=tuple(map(str, contents)), entries=ids, size=size)


def _maker(place: tuple[str, str]) -> Callable[[Sheet], Any]:
    module, function = place
    made: Callable[[Sheet], Any] = getattr(import_module(f"kb.sheet.{module}"), function)
    return made


def _ready(targets: Iterable[Path], replace: bool) -> None:
    """Raise BadFile where a file cannot be written, before any work is done."""
    for target in targets:
        if not target.parent.is_dir():
            raise BadFile(f"cannot write {target}: there is no folder {target.parent}; make it first")
        if target.is_dir():
            raise BadFile(f"cannot write {target}: it is a folder; name a file in it")
        if target.exists() and not replace:
            raise FileExists(str(target))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _put(contents: dict[Path, bytes], replace: bool) -> int:
    """Put the files in place, each whole or not at all; the bytes of all. Raises BadFile."""
    for folder in {target.parent for target in contents}:
        paths.remove_scraps(folder)
    for target, content in contents.items():
        try:
            if replace:
                paths.atomic_write(target, content, lasting=True)
            else:
                paths.create(target, content)
        except FileExistsError as error:  # since it was looked for
            raise FileExists(str(target)) from error
        except OSError as error:
            raise _unwritable(target, error) from error
    return sum(map(len, contents.values()))


def _unwritable(path: Path, error: OSError) -> BadFile:
    return BadFile(f"cannot write {path}: {error.strerror}; name another place with -o")
