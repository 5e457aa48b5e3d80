"""What ptnote finds on this machine: versions, devices, packages, entries, index."""

from __future__ import annotations

import platform
import sys

from msgspec import Struct

from kb.library import Library
from kb.run import machine as device

OWN = ("ptnote-pytorch", "click", "rich", "pyyaml", "msgspec", "Whoosh-Reloaded", "platformdirs")
"""Distributions that ptnote itself is made of."""


class Package(Struct, frozen=True):
    """An optional package, and who wants it."""

    name: str
    version: str
    """Empty when it is missing."""
    entries: tuple[str, ...]


class Layer(Struct, frozen=True):
    """A folder of entries."""

    layer: str
    path: str
    entries: int
    problems: int


class Report(Struct, frozen=True, kw_only=True):
    """Everything `ptnote doctor` says."""

    system: str
    python: str
    versions: dict[str, str]
    machine: device.Machine
    packages: tuple[Package, ...]
    layers: tuple[Layer, ...]
    index_path: str
    index_state: str


def examine(library: Library, python: str = sys.executable) -> Report:
    """Look around. torch is imported in a child; Whoosh is imported here."""
    from kb.search import index

    path, state = index.state(library)
    return Report(
        system=platform.platform(),
        python=f"{platform.python_version()} ({python})",
        versions={name: device.package_version(name) for name in OWN},
        machine=device.probe(python),
        packages=_packages(library, python),
        layers=tuple(
            Layer(one.layer, str(one.root), len(one.heads), len(one.problems)) for one in library.folders
        ),
        index_path=str(path),
        index_state=state,
    )


def _packages(library: Library, python: str) -> tuple[Package, ...]:
    wanted: dict[str, dict[str, None]] = {}
    for entry in library:
        for snippet in entry.snippets:
            for package in snippet.requires.packages:
                wanted.setdefault(package, {})[entry.id] = None
    missing = device.missing_packages(tuple(wanted), python)
    return tuple(
        Package(name, "" if name in missing else device.package_version(name) or "present", tuple(ids))
        for name, ids in sorted(wanted.items())
    )
