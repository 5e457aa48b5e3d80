"""Build hook of hatchling: puts the compiled built-in entries and their search index into a wheel.

An editable install gets none; it makes them in the user's cache folder when they are first needed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelStore(BuildHookInterface):  # type: ignore[type-arg]
    """Makes `kb/_store` of the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the store in a temporary folder and have it packed."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from kb.ship import build_store

        self._folder = tempfile.TemporaryDirectory(prefix="ptnote-wheel-")
        store = Path(self._folder.name) / "store"
        store.mkdir(mode=0o755)
        build_store(store)
        build_data["force_include"][str(store)] = "kb/_store"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the temporary folder."""
        if version != "editable":
            self._folder.cleanup()
