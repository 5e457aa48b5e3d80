"""What a snippet wrote into its working folder, saved in a folder of the user's."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from kb.errors import BadFile


def written(folder: Path) -> list[Path]:
    """The regular files below a folder, relative to it, in order; no links, which may lead anywhere."""
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                found.append(path.relative_to(folder))
    return found


def clashing_files(folder: Path, target: Path) -> list[Path]:
    """The files in the target that saving the folder there would replace."""
    return [target / name for name in written(folder) if os.path.lexists(target / name)]


def save_files(folder: Path, target: Path, overwrite: bool = False) -> list[Path]:
    """Copy what a snippet wrote into the target, which is made if need be; the files as they are there.

    Each file is put in place whole, after it is on disk. Raises BadFile if one exists, unless it may be
    overwritten, and if one cannot be written; the folder itself stays as it is.
    """
    taken = [] if overwrite else clashing_files(folder, target)
    if taken:
        raise BadFile(f"{taken[0]} exists already; to replace it: --force, or save to another folder")
    made = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in written(folder):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            with _scratch(target / name) as scratch:
                shutil.copyfile(folder / name, scratch)
                with scratch.open("rb") as file:
                    os.fsync(file.fileno())
                scratch.replace(target / name)
            made.append(target / name)
    except OSError as error:
        place = error.filename2 or error.filename or target
        raise BadFile(f"cannot save to {place}: {error.strerror}; the files are still in {folder}") from error
    return made


@contextlib.contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A name beside a file for what is not complete yet; whatever has that name in the end goes."""
    scratch = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)
