"""Values read from a YAML file, kept compiled in the cache folder until the file changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from kb import paths

T = TypeVar("T")


def compiled(path: Path, kind: type[T], read: Callable[[Path], T]) -> T:
    """`read(path)`, or what it gave when the file was last read. A cache that cannot be used or
    written only costs time. Raises what `read` raises, and OSError if there is no such file."""
    status = path.stat()
    stamp = f"{path}:{status.st_mtime_ns}:{status.st_size}".encode()
    cache = paths.cache_dir() / f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.bin"
    try:
        known, _, body = cache.read_bytes().partition(b"\n")
        if known == stamp:
            return msgspec.msgpack.decode(body, type=kind)
    except (OSError, msgspec.MsgspecError):
        pass
    value = read(path)
    try:
        paths.private_dir(cache.parent)
        scratch = cache.with_suffix(f".{os.getpid()}")
        scratch.write_bytes(stamp + b"\n" + msgspec.msgpack.encode(value))
        os.replace(scratch, cache)
    except OSError:
        pass
    return value
