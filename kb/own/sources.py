"""Folders and repositories of entries that the user has added, by name.

Each is a link in the folder of sources: to a folder of the user's, or to a copy of a repository, which lies
in `.copies` beside the links. The links are all that there is to know; making, replacing, and removing one
is a single step, so that a process that is killed leaves the old state or the new one. What it had not
finished is removed next time.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from kb import paths
from kb.content.files import NAME, NAME_LIMIT, entry_files
from kb.content.folder import read_folder
from kb.content.problem import Problem
from kb.content.shelf import entries_in
from kb.errors import BadFile, BadName
from kb.own import git
from kb.text.names import suggest

COPIES = ".copies"

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://.+|[\w.-]+@[\w.-]+:.+", re.IGNORECASE)
"""Addresses that git takes: with a scheme, or as ssh has them."""


class Added(Struct, frozen=True, kw_only=True):
    """A source that the user has added."""

    name: str
    path: str
    """Its folder, or that of the copy of the repository."""
    url: str = ""
    """Where the repository comes from, without a password; empty for a folder."""
    commit: str = ""
    """The commit that the copy is at."""
    entries: int = 0
    problems: tuple[Problem, ...] = ()
    """What kept files from being read as entries."""
    missing: bool = False
    """Whether its folder is gone."""


def added_sources() -> list[Added]:
    """The sources, by name."""
    return [_described(link.name) for link in _links()]


def add_source(where: str, name: str = "", timeout: float = git.TIMEOUT) -> Added:
    """Add a folder of entries, or a copy of the git repository at an address, as the source of this name; by
    default it is called like the end of the path.

    Raises BadName for a name that cannot be used or is taken, and BadFile if there is no such folder, if it
    holds no entries, or if git fails.
    """
    folder = Path(where).expanduser().absolute()
    remote = not folder.is_dir()
    if remote and not _ADDRESS.fullmatch(where):
        raise BadFile(f"no such folder: {where}; give a folder, or the address of a git repository")
    name = name or re.sub(r"\.git/?$", "", where.rstrip("/")).replace(":", "/").rpartition("/")[2]
    if not NAME.fullmatch(name) or len(name.encode()) > NAME_LIMIT:
        raise BadName(f"'{name}' cannot be the name of a source; choose another: --name NAME")
    with _alone():
        if os.path.lexists(_link(name)):
            raise BadName(f"source '{name}' exists already; choose another name: --name NAME")
        if remote:
            folder = _copied(where, name, timeout)
        try:
            _demand_entries(folder, where)
            _point(name, folder)
        except BaseException:
            if remote:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    return _described(name)


def update_source(name: str, timeout: float = git.TIMEOUT) -> bool:
    """Fetch the newest state of a source that is a repository; False if it is there already, or if the
    source is a folder, which is always read as it is.

    Raises BadName if there is none of that name, and BadFile if git fails, or if the copy was changed here.
    """
    with _alone():
        old = _copy_of(name)
        if old is None:
            return False
        url = git.address(old)
        if git.newest(url, timeout) == git.commit(old):
            return False
        if git.changed(old):
            raise BadFile(
                f"files in {old} were changed here; move them away, then: ptnote update-source {name}"
            )
        new = _copied(url, name, timeout)
        try:
            _demand_entries(new, git.shown(url))
            _point(name, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)
    return True


def remove_source(name: str, force: bool = False) -> None:
    """Forget a source. A folder stays as it is; the copy of a repository goes.

    Raises BadName if there is none of that name, and BadFile if the copy was changed here, unless `force`.
    """
    with _alone():
        copy = _copy_of(name)
        if copy and not force and git.changed(copy):
            raise BadFile(
                f"files in {copy} were changed here; to delete them: ptnote remove-source {name} --force"
            )
        _link(name).unlink()
        if copy:
            shutil.rmtree(copy, ignore_errors=True)


def _link(name: str) -> Path:
    return paths.sources_dir() / name


def _links() -> list[Path]:
    with contextlib.suppress(OSError):
        return [_link(name) for name in sorted(os.listdir(paths.sources_dir())) if name[0] != "."]
    return []


def _copy_of(name: str) -> Path | None:
    """The copy of the repository that a source is; None if it is a folder. Raises BadName."""
    names = [link.name for link in _links()]
    if name not in names:
        near = suggest(name, names, limit=1)
        advice = f"did you mean: {near[0]}?" if near else "see: ptnote sources --own"
        raise BadName(f"no source '{name}'; {advice}")
    target = Path(os.path.join(paths.sources_dir(), os.readlink(_link(name))))
    return target if target.parent == paths.sources_dir() / COPIES else None


def _described(name: str) -> Added:
    """What there is to say of a source."""
    copy = _copy_of(name)
    path = copy or Path(os.path.realpath(_link(name)))
    if not path.is_dir():
        return Added(name=name, path=str(path), missing=True)
    folder = read_folder(entries_in(_link(name)), "added")
    url = commit = ""
    if copy:
        with contextlib.suppress(BadFile):  # git is missing, or somebody damaged the copy
            url, commit = git.shown(git.address(copy)), git.commit(copy)
    return Added(
        name=name,
        path=str(path),
        url=url,
        commit=commit,
        entries=len(folder.heads),
        problems=tuple(folder.problems),
    )


def _demand_entries(folder: Path, where: str) -> None:
    root = entries_in(folder)
    if next(iter(entry_files(root)), None) is None:
        raise BadFile(f"{where} holds no entries; they stand at CATEGORY/ID.yaml, in it or in its entries/")


def _copied(url: str, name: str, timeout: float) -> Path:
    folder = paths.sources_dir() / COPIES / f"{name}-{secrets.token_hex(4)}"
    try:
        git.clone(url, folder, timeout)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _point(name: str, folder: Path) -> None:
    """Have the name stand for this folder, in one step."""
    copies = paths.sources_dir() / COPIES
    target = os.path.join(COPIES, folder.name) if folder.parent == copies else str(folder)
    scratch = paths.sources_dir() / f".{name}.{secrets.token_hex(4)}.part"
    try:
        scratch.symlink_to(target)
        scratch.replace(_link(name))
    except OSError as error:
        raise BadFile(f"cannot write {_link(name)}: {error.strerror}; see: ptnote paths") from error
    finally:
        scratch.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of the sources, and first remove what a killed process left. Raises BadFile."""
    place = paths.sources_dir()
    try:
        paths.private_dir(place)
        paths.private_dir(place / COPIES)
        lock = paths.locked(place / ".lock")
        alone = lock.__enter__()
    except OSError as error:
        raise BadFile(
            f"cannot write {error.filename or place}: {error.strerror}; see: ptnote paths"
        ) from error
    try:
        if not alone:
            raise BadFile("another ptnote is changing the sources; try again when it has ended")
        _remove_scraps(place)
        yield
    finally:
        lock.__exit__(None, None, None)


def _remove_scraps(place: Path) -> None:
    for scrap in place.glob(".*.part"):
        scrap.unlink(missing_ok=True)
    used = {os.readlink(link) for link in _links() if link.is_symlink()}
    for copy in (place / COPIES).iterdir():
        if os.path.join(COPIES, copy.name) not in used:
            shutil.rmtree(copy, ignore_errors=True)
