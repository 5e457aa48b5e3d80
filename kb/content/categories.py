"""The categories and their names, from `categories.yaml` of the built-in entries."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kb import paths
from kb.content.cache import compiled
from kb.content.entry import Text
from kb.errors import BadFile


def names() -> dict[str, Text]:
    """Category → its name in both languages, in reading order. Raises BadFile."""
    path = paths.builtin_entries() / "categories.yaml"
    try:
        return compiled(path, dict[str, Text], _read)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def _read(path: Path) -> dict[str, Text]:
    import yaml

    try:
        return msgspec.convert(yaml.safe_load(path.read_bytes()), dict[str, Text])
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
