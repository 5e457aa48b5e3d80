"""What ptnote finds on this machine: versions, devices, packages, entries, indexes."""

from __future__ import annotations

import platform
import sys

from msgspec import Struct

from kb.library import Library
from kb.run import machine
from kb.run.machine import Machine
from kb.search import index

OWN = (
    "ptnote-pytorch",
    "click",
    "rich",
    "pygments",
    "pyyaml",
    "msgspec",
    "packaging",
    "platformdirs",
    "pyperclip",
    "Whoosh-Reloaded",
)
"""The distributions that ptnote itself consists of."""


class Package(Struct, frozen=True):
    """An optional package, and the entries whose snippets need it."""

    name: str
    version: str
    """Empty when it is missing, "unknown" when it left no record."""
    entries: tuple[str, ...]


class Layer(Struct, frozen=True, kw_only=True):
    """A folder of entries, and its search index."""

    layer: str
    path: str
    entries: int
    problems: int
    """Files that could not be read."""
    index_path: str
    """Empty when nothing can be kept on disk."""
    index_state: str
    """ready, stale, missing, or in memory."""


class Report(Struct, frozen=True, kw_only=True):
    """Everything `ptnote doctor` shows."""

    system: str
    own_python: str
    """The Python that runs ptnote: its version and path."""
    versions: dict[str, str]
    """The distributions that ptnote consists of; a version is empty when one is missing."""
    python: str
    """The interpreter that runs snippets: its version and path. `machine` and `packages` are its own."""
    machine: Machine
    packages: tuple[Package, ...]
    layers: tuple[Layer, ...]


def examine(library: Library, python: str = sys.executable) -> Report:
    """Look around: ptnote itself here, everything that snippets use in the interpreter `python`.

    Raises BadSetting if that interpreter does not start.
    """
    asked = machine.probe(python)
    return Report(
        system=platform.platform(),
        own_python=f"{platform.python_version()} ({sys.executable})",
        versions=machine.versions(OWN),
        python=f"{asked.python} ({python})",
        machine=asked,
        packages=_packages(library, python),
        layers=_layers(library),
    )


def _packages(library: Library, python: str) -> tuple[Package, ...]:
    needed: dict[str, dict[str, None]] = {}
    for entry in library:
        for snippet in entry.snippets:
            for package in snippet.requires.packages:
                needed.setdefault(package, {})[entry.id] = None
    return tuple(
        Package(name, machine.package_version(name, python), tuple(ids))
        for name, ids in sorted(needed.items())
    )


def _layers(library: Library) -> tuple[Layer, ...]:
    folders = library.shelf.folders
    return tuple(
        Layer(
            layer=folder.layer,
            path=str(folder.root),
            entries=len(folder.heads),
            problems=len({problem.path for problem in folder.problems}),
            index_path=str(place or ""),
            index_state=state,
        )
        for folder, (place, state) in zip(folders, index.state(library.shelf), strict=True)
    )
