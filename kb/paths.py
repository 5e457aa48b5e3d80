"""Where ptnote keeps things on this machine, and how it writes files there."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from kb.errors import BadFile, BadSetting

APP = "ptnote"

HERE = Path(__file__).resolve().parent

_XDG = {"cache": ".cache", "config": ".config", "data": ".local/share", "state": ".local/state"}
"""Where the XDG folders lie below the home folder unless a variable says otherwise."""

NO_HOME = Path("/nonexistent")
"""Stands for the home folder of a user who has none. Nothing is read below it, nor made there."""

_SCRATCH = re.compile(r"\.[^/]+\.[0-9a-f]{8}\.part")
"""How `atomic_write` names what it has not put in place yet."""


def cache_dir() -> Path:
    """Compiled entries and search indexes; safe to delete. `PTNOTE_CACHE_DIR` overrides."""
    return _from_env("PTNOTE_CACHE_DIR") or _user_dir("cache")


def config_file() -> Path:
    """The settings file, whether or not it exists. `PTNOTE_CONFIG` overrides."""
    return _from_env("PTNOTE_CONFIG") or _user_dir("config") / "config.toml"


def trust_file() -> Path:
    """Which snippets from outside the built-in entries may run."""
    return _user_dir("state") / "trusted.txt"


def last_list_file() -> Path:
    """The ids of the list of entries that the command showed last, one per line."""
    return _user_dir("state") / "last-list.txt"


def user_entries() -> Path:
    """The user's own entries, whether or not the folder exists."""
    return _user_dir("data") / "entries"


def sources_dir() -> Path:
    """Folders of entries that the user has added, each a link by its name; see `kb.own.sources`."""
    return _user_dir("data") / "sources"


def builtin_entries() -> Path:
    """The entries that came with ptnote: inside the wheel, or beside `kb/` in a checkout.

    Raises BadFile if there are none.
    """
    for folder in (HERE / "_entries", HERE.parent / "entries"):
        if folder.is_dir():
            return folder
    raise BadFile(f"the built-in entries are missing from {HERE}; reinstall ptnote-pytorch")


def shipped_store() -> Path | None:
    """The compiled form of the built-in entries that a wheel brings along; None in a checkout."""
    store = HERE / "_store"
    return store if store.is_dir() else None


def project_entries(start: Path | None = None) -> Path | None:
    """The `.ptnote/` folder of the current project: here or in the nearest parent that has one."""
    if start is None:
        try:
            start = Path.cwd()
        except FileNotFoundError:  # somebody deleted it; what needs no current folder still works
            return None
    for folder in (start, *start.parents):
        if (folder / ".ptnote").is_dir():
            return folder / ".ptnote"
    return None


def is_trusted(folder: Path) -> bool:
    """Whether nobody but this user or the administrator put a folder there, or can change what is in it."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.stat()
    return status.st_uid in (0, os.getuid()) and not status.st_mode & 0o002


def extra_entries() -> list[Path]:
    """Folders named in `PTNOTE_PATH`, separated as in `PATH`. Raises BadSetting for an unknown home."""
    found = []
    for part in os.environ.get("PTNOTE_PATH", "").split(os.pathsep):
        if part:
            try:
                found.append(Path(part).expanduser())
            except RuntimeError as error:
                raise BadSetting(f"PTNOTE_PATH names {part}, but no such home folder is known") from error
    return found


def private_dir(path: Path) -> Path:
    """`path`, made if need be, readable by its owner alone.

    Raises OSError if it cannot be made, and PermissionError if another user could write to it: what
    lies there is trusted, and Whoosh unpickles it.
    """
    if NO_HOME in path.parents:
        raise FileNotFoundError(errno.ENOENT, "there is no home folder, set PTNOTE_CACHE_DIR", str(path))
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        status = path.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise PermissionError(f"{path} can be written by others")
    return path


def atomic_write(path: Path, content: bytes, lasting: bool = False) -> None:
    """Put a file in place with one rename, so that a reader sees the old content or the new, never a
    part. A file that is replaced hands its permissions and its owner on.

    With `lasting` the content is on disk before the old one goes, which files of the user are worth.
    Raises OSError, and leaves nothing behind then; what a killed process left, `remove_scraps` removes.
    """
    status = None
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
    mode = status.st_mode & 0o777 if status else 0o666
    with _scratch(path, content, lasting, mode) as scratch:
        if status:
            if os.geteuid() == 0:
                os.chown(scratch, status.st_uid, status.st_gid)
            scratch.chmod(mode)  # the mask of new files may have taken something off
        os.replace(scratch, path)


def create(path: Path, content: bytes) -> None:
    """Put a new file in place, whole or not at all. Raises FileExistsError if there is one, which is left
    alone, and OSError; leaves nothing behind then."""
    with _scratch(path, content, lasting=True) as scratch:
        try:
            os.link(scratch, path)  # unlike a rename it never replaces a file
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with path.open("xb") as file:
                file.write(content)


@contextlib.contextmanager
def _scratch(path: Path, content: bytes, lasting: bool, mode: int = 0o666) -> Iterator[Path]:
    """A file beside `path` that holds the content, gone afterwards unless it was put in place.

    It is locked for as long as its writer lives: that is how scraps are told from work in progress.
    """
    while True:
        scratch = path.with_name(f".{path.name[:200]}.{os.urandom(4).hex()}.part")
        try:
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(handle, "wb") as file:
                if not _hold(handle):
                    continue
                file.write(content)
                file.flush()
                if lasting:
                    os.fsync(handle)
                yield scratch
                return
        finally:
            with contextlib.suppress(OSError):
                scratch.unlink()


def _hold(handle: int) -> bool:
    """Lock a file that was made just now; False if `remove_scraps` took it for a scrap in that moment."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where no scrap is ever removed
        return True
    return os.fstat(handle).st_nlink > 0


def remove_scraps(folder: Path) -> None:
    """Remove what processes that were killed while they wrote a file left in a folder. A folder that
    cannot be read keeps what it has."""
    import fcntl

    with contextlib.suppress(OSError), os.scandir(folder) as items:
        scraps = [item.path for item in items if _SCRATCH.fullmatch(item.name)]
        for scrap in scraps:
            with contextlib.suppress(OSError), open(scrap, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(scrap)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold a lock file for as long as the block runs. False if another process holds it; nobody waits.

    Raises OSError if the file cannot be made. The system releases the lock of a process that dies.
    """
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)


def _user_dir(kind: str) -> Path:
    """The user's folder of this kind: cache, config, data, or state. On Linux these are environment variables
    and their defaults; importing platformdirs there takes as long as reading all entries."""
    if sys.platform == "linux":
        folder = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return (Path(folder) if folder else _expanded(f"~/{_XDG[kind]}")) / APP
    import platformdirs

    return _expanded(getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False))


def _from_env(name: str) -> Path | None:
    value = os.environ.get(name)
    return _expanded(value) if value else None


def _expanded(path: str) -> Path:
    """A path with its `~` or `~user` replaced; below `NO_HOME` if there is no such home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return NO_HOME / path.lstrip("~/")
