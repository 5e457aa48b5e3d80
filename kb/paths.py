"""Where ptnote keeps things on this machine, by the platform's conventions."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from kb.errors import BadFile

APP = "ptnote"


def cache_dir() -> Path:
    """Compiled entries and search indexes; safe to delete. `PTNOTE_CACHE_DIR` overrides."""
    return _from_env("PTNOTE_CACHE_DIR") or Path(platformdirs.user_cache_dir(APP, appauthor=False))


def config_file() -> Path:
    """The settings file, whether or not it exists. `PTNOTE_CONFIG` overrides."""
    default = Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"
    return _from_env("PTNOTE_CONFIG") or default


def trust_file() -> Path:
    """Which snippets from outside the built-in entries may run."""
    return Path(platformdirs.user_state_dir(APP, appauthor=False)) / "trusted.txt"


def user_entries() -> Path:
    """The user's own entries, whether or not the folder exists."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "entries"


def builtin_entries() -> Path:
    """The entries that came with ptnote: inside the wheel, or beside `kb/` in a checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_entries", here.parent / "entries"):
        if folder.is_dir():
            return folder
    raise BadFile(f"the built-in entries are missing from {here}; reinstall ptnote-pytorch")


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

    Raises OSError if it cannot be made, and PermissionError if another user could write to it:
    Whoosh unpickles what lies there.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        status = path.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise PermissionError(f"{path} can be written by others")
    return path


def _from_env(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser() if value else None
