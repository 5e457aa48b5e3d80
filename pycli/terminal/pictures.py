"""Pictures in the terminal: by the graphics of kitty, sixels, or colored half blocks, whatever it can do.

textual-image finds out which, and draws; it asks the terminal when it is imported.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".ppm", ".tif", ".tiff"))

MOST = 4
"""So many pictures are drawn at most; the closing line names the others."""

WIDEST = 80
"""Columns that a picture takes at most."""

EXTRA = "textual_image"


def pictures(folder: Path, names: Iterable[str]) -> list[Path]:
    """The files among those named that are pictures by their names."""
    return [folder / name for name in names if os.path.splitext(name)[1].lower() in SUFFIXES]


def installed() -> bool:
    """Whether the packages are there that draw pictures."""
    return importlib.util.find_spec(EXTRA) is not None


def can_draw() -> bool:
    """Whether this terminal can show pictures in some way."""
    answers = sys.stdin.isatty() and sys.stdout.isatty()
    return answers and os.environ.get("TERM", "dumb") not in ("dumb", "linux", "vt100", "vt220")


def draw(paths: Iterable[Path], width: int) -> list[Path]:
    """Draw pictures, each in at most `width` columns; those that could be drawn."""
    import logging

    logging.getLogger(EXTRA).setLevel(logging.CRITICAL)  # how it found out what the terminal can do
    from PIL.Image import DecompressionBombWarning
    from rich.console import Console
    from textual_image.renderable import Image

    sys.stdout.flush()
    console, drawn = Console(file=sys.stdout), []
    for path in list(paths)[:MOST]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # textual-image uses what Pillow is about to remove
                warnings.simplefilter("error", DecompressionBombWarning)  # a huge picture may be an attack
                console.print(Image(path, width=_columns(path, min(width, WIDEST)), height="auto"))
        except Exception:  # noqa: BLE001, S112 - whatever a broken picture raises, the run went well
            continue
        drawn.append(path)
    return drawn


def _columns(path: Path, most: int) -> int:
    """How many columns a picture takes: a small one is not blown up."""
    from PIL import Image as Pillow
    from textual_image._terminal import get_cell_size
    from textual_image.renderable import HalfcellImage, Image

    with Pillow.open(path) as picture:
        pixels = picture.width
    return max(1, min(pixels if Image is HalfcellImage else -(-pixels // get_cell_size().width), most))
