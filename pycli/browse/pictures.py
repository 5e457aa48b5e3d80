"""Pictures that a snippet has written."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")

MOST, LARGEST = 4, 50_000_000
"""Pictures that are shown of one run, and the bytes that a file may have."""

PIXELS = 4
"""A picture takes at least one column for so many of its pixels."""

SIDE = 1600
"""Pixels; no terminal shows more."""


def pictures(folder: Path) -> dict[str, Image | str]:
    """The pictures in a folder by name, or why one cannot be shown. Links are not followed."""
    found: dict[str, Image | str] = {}
    for place, names, files in os.walk(folder):
        names.sort()
        for file in sorted(files):
            if file.lower().endswith(SUFFIXES) and len(found) < MOST:
                path = Path(place, file)
                found[str(path.relative_to(folder))] = _read(path)
    return found


def cells(picture: Image, columns: int, rows: int) -> tuple[int, int]:
    """How many columns and rows a picture takes that is shown as large as there is room for, but not larger
    than it is. A character is taken to be twice as high as wide."""
    width, height = picture.size
    scale = min(columns / width, 2 * rows / height, 1 / PIXELS)
    return max(1, round(width * scale)), max(1, round(height * scale / 2))


def _read(path: Path) -> Image | str:
    from PIL import Image

    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
            return "no regular file" if about.st_size <= LARGEST else "too large"
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # PIL warns of pictures with more pixels than memory
            with Image.open(path) as opened:
                picture = opened.convert("RGBA")
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like for a damaged file
        return str(error) or type(error).__name__
    picture.thumbnail((SIDE, SIDE))
    return picture
