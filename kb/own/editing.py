"""An entry of the user's own while it is edited: a draft beside its file, put in place when it is done.

The file itself is not touched before that, so that whatever happens to the editor or to ptnote, there is
either the file as it was or the file as it was written, and until then the draft. A draft that was left
behind is gone on with.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from kb import paths
from kb.content.entry import Entry
from kb.content.files import BESIDE
from kb.content.scaffold import writable_root
from kb.content.source import read_file
from kb.errors import BadFile
from kb.library import Library
from kb.text.names import normalize

OWN = ("user", "extra", "project")
"""The layers whose files are edited where they are; entries of others are copied first."""

SCHEMA_LINE = re.compile(rb"\A# yaml-language-server: [^\n]*\n")


class Editing:
    """A file, the draft of it, and what it was before."""

    def __init__(self, path: Path, original: Entry | None = None) -> None:
        self.path = path
        """The file of the user's own."""
        self.original = original
        """The entry that it becomes a copy of; None if the file is there already."""
        self.draft = path.with_name(f".{path.stem}.draft.yaml")
        self.resumed = False
        """Whether the draft is one that an earlier editing left behind."""
        self._before = b""

    def begin(self) -> Path:
        """Make the draft, and return it. Raises BadFile."""
        try:
            self._before = read_file(Path(self.original.path) if self.original else self.path)
            if self.original:
                self._before = SCHEMA_LINE.sub(b"", self._before)
            self.draft.parent.mkdir(parents=True, exist_ok=True)
            paths.remove_scraps(self.draft.parent)
            paths.create(self.draft, self._before)
        except FileExistsError:
            self._resume()
        except OSError as error:
            raise _unwritable(error, self.draft) from error
        return self.draft

    def _resume(self) -> None:
        """Go on with a draft that was left behind. Raises BadFile if the file was changed after it."""
        self.resumed = self.draft.read_bytes() != self._before
        newer = not self.original and self.path.stat().st_mtime_ns > self.draft.stat().st_mtime_ns
        if self.resumed and newer:
            reason = f"an unfinished draft lies in {self.draft}, but {self.path} is newer"
            raise BadFile(f"{reason}; take over what you need, then delete the draft")

    def unchanged(self) -> bool:
        """Whether the draft holds what the file holds."""
        try:
            return self.draft.read_bytes() == self._before
        except OSError:
            return False

    def finish(self) -> bool:
        """Put what was written in place; False if nothing was changed, and then nothing is.

        Raises BadFile if the draft is empty or gone, if the file has changed meanwhile, or if it cannot be
        written. The draft stays then.
        """
        try:
            written = self.draft.read_bytes()
            if not written.strip():
                raise BadFile(f"{self.draft} is empty now, so {self.path} was left as it is")
            if written != self._before:
                self._place(written)
            self.draft.unlink()
            with contextlib.suppress(OSError):  # it holds something
                self.draft.parent.rmdir()
        except OSError as error:
            raise _unwritable(error, self.path) from error
        return written != self._before

    def _place(self, written: bytes) -> None:
        """Raises OSError and BadFile."""
        if self.original:
            self._copy_beside(Path(self.original.path))
            try:
                paths.create(self.path, written)
            except FileExistsError as error:
                raise self._conflict() from error
        elif read_file(self.path) == self._before:
            paths.atomic_write(self.path.resolve(), written, lasting=True)
        else:
            raise self._conflict()

    def _copy_beside(self, source: Path) -> None:
        """Copy the files beside the original, before the entry itself: without them it would be incomplete.
        Raises OSError, and BadFile if another one is there."""
        for end in BESIDE:
            target = self.path.with_name(self.path.stem + end)
            try:
                content = read_file(source.with_name(source.stem + end))
            except FileNotFoundError:
                continue
            try:
                paths.create(target, content)
            except FileExistsError as error:
                if target.read_bytes() != content:
                    reason = f"{target} is there already; move it away, your text is in {self.draft}"
                    raise BadFile(reason) from error

    def _conflict(self) -> BadFile:
        return BadFile(
            f"{self.path} has changed meanwhile and was left as it is; your text is in {self.draft}"
        )


def editing(library: Library, name: str, project: bool = False) -> Editing:
    """What editing the entry of this name means: its own file where it is one of the user's, also one that
    cannot be read at present, else a copy in the user's folder, or with `project` in that of the project.
    In a checkout of ptnote its entries are the user's own.

    Raises UnknownEntry, and BadFile if there is no folder for a copy.
    """
    wanted = writable_root(project)
    names = dict.fromkeys((library.resolve(name) or normalize(name), name.strip()))
    for folder in reversed(library.shelf.folders):
        chosen = folder.root.resolve() == wanted.resolve()
        if chosen or (folder.layer in OWN and not project):
            for id in names:
                for path in sorted(folder.root.glob(f"*/{_literal(id)}.yaml")):
                    return Editing(path)
    entry = library.get(name)
    path = wanted / entry.category / f"{entry.id}.yaml"
    return Editing(path) if path.exists() else Editing(path, entry)


def _literal(id: str) -> str:
    """A pattern for files that means this name alone."""
    return re.sub(r"([*?[])", r"[\1]", id.replace("/", ""))


def _unwritable(error: OSError, path: Path) -> BadFile:
    place = error.filename or path
    return BadFile(f"cannot write {place}: {error.strerror}; see: ptnote paths")
