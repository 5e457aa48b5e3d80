"""Where ptnote keeps things on this machine, and how it writes files there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from kb.errors import BadFile

APP = "ptnote"

HERE = Path(__file__).resolve().parent

_XDG = {"cache": ".cache", "config": ".config", "data": ".local/share", "state": ".local/state"}
"""Where the XDG folders lie below the home folder unless a variable says otherwise."""


def cache_dir() -> Path:
    """Compiled entries and search indexes; safe to delete. `PTNOTE_CACHE_DIR` overrides."""
    return _from_env("PTNOTE_CACHE_DIR") or _user_dir("cache")


def config_file() -> Path:
    """The settings file, whether or not it exists. `PTNOTE_CONFIG` overrides."""
    return _from_env("PTNOTE_CONFIG") or _user_dir("config") / "config.toml"


def trust_file() -> Path:
    """Which snippets from outside the built-in entries may run."""
    return _user_dir("state") / "trusted.txt"


def user_entries() -> Path:
    """The user's own entries, whether or not the folder exists."""
    return _user_dir("data") / "entries"


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
    start = start or Path.cwd()
    for folder in (start, *start.parents):
        if (folder / ".ptnote").is_dir():
            return folder / ".ptnote"
    return None


def extra_entries() -> list[Path]:
    """Folders named in `PTNOTE_PATH`, separated as in `PATH`."""
    return [Path(part) for part in os.environ.get("PTNOTE_PATH", "").split(os.pathsep) if part]


def private_dir(path: Path) -> Path:
    """`path`, made if need be, readable by its owner alone.

    Raises OSError if it cannot be made, and PermissionError if another user could write to it: what
    lies there is trusted, and Whoosh unpickles it.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        status = path.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise PermissionError(f"{path} can be written by others")
    return path


def atomic_write(path: Path, content: bytes) -> None:
    """Put a file in place with one rename, so that a reader sees the old content or the new, never a
    part. A file that is replaced hands its permissions on. Raises OSError, and leaves nothing behind then."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        scratch.write_bytes(content)
        with contextlib.suppress(FileNotFoundError):
            scratch.chmod(path.stat().st_mode & 0o777)
        os.replace(scratch, path)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise


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
    """The user's folder of this kind: cache, config, data, or state.

    On Linux these are four environment variables and their defaults (XDG Base Directory Specification),
    which take no time to look up; importing platformdirs there takes as long as reading all entries.
    """
    if sys.platform == "linux":
        folder = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return (Path(folder) if folder else Path.home() / _XDG[kind]) / APP
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False))


def _from_env(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser() if value else None
