"""What an interpreter on this machine offers: torch, devices, packages.

An interpreter other than this process's own is asked by a small program that it runs. torch is only ever
imported in such a child process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from functools import cache

from msgspec import Struct

from kb import paths
from kb.content.cache import Store
from kb.errors import BadSetting
from kb.run import installed, torch

PROBE_TIMEOUT = 120
"""Seconds that a child may take to import torch and look around."""

_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "cv2")

ALTERNATIVES = {
    "opencv-python-headless": (*_OPENCV, "opencv-contrib-python-headless"),
    "opencv-python": (*_OPENCV, "opencv-contrib-python-headless"),
    "onnxruntime": ("onnxruntime-gpu",),
    "pillow": ("PIL",),
}
"""Other packages that hold the same modules, and the module's own name, by which it is found where it was
installed without a record, as some Linux distributions do."""


class Device(Struct, frozen=True):
    """One device that torch can use."""

    kind: str
    name: str
    memory: int = 0
    """Bytes; 0 when torch does not say."""


class Machine(Struct, frozen=True, kw_only=True):
    """An interpreter's torch and what it can reach."""

    python: str
    """Its version."""
    torch: str = ""
    """Empty when torch cannot be imported; `problem` says why."""
    problem: str = ""
    cuda: str = ""
    cudnn: str = ""
    numpy: str = ""
    devices: tuple[Device, ...] = ()

    def has(self, kind: str) -> bool:
        """Whether a device of this kind can be used."""
        return any(device.kind == kind for device in self.devices)


@cache
def probe(python: str = sys.executable) -> Machine:
    """Have an interpreter import torch and look around, once. Raises BadSetting if it does not start."""
    import msgspec

    return msgspec.json.decode(_ask(python, "-c", torch.PROBE), type=Machine)


def has_torch(python: str = sys.executable) -> bool:
    """Whether an interpreter has torch, without importing it."""
    if python == sys.executable:
        return installed.importable("torch")
    return bool(versions(("torch",), python)["torch"])


def torch_version(python: str = sys.executable) -> str:
    """The version of an interpreter's torch; empty when there is none. torch is imported, in a child
    process, only if it left no record of its version, as one does that was never installed by pip."""
    version = versions(("torch",), python)["torch"]
    return probe(python).torch if version == installed.UNKNOWN else version


@cache
def versions(packages: tuple[str, ...], python: str = sys.executable) -> dict[str, str]:
    """The installed versions of packages, named as for pip; empty for those that are missing, and
    `installed.UNKNOWN` for those that left no record. Imports none of them."""
    if python == sys.executable:
        return {package: installed.version(package) for package in packages}
    return dict(json.loads(_ask(python, installed.__file__, *packages)))


def missing_packages(packages: tuple[str, ...], python: str = sys.executable) -> tuple[str, ...]:
    """Those of `packages` that an interpreter does not have.

    A package is named as for pip, if need be with a version: `onnx>=1.16`. One that left no record of its
    version counts as new enough.
    """
    return tuple(package for package in packages if not package_version(package, python))


def package_version(package: str, python: str = sys.executable) -> str:
    """The version of a package that an interpreter has, as `missing_packages` looks for it; empty if it is
    missing or too old, `installed.UNKNOWN` if it left no record."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    try:
        wanted = Requirement(package)
    except InvalidRequirement:
        return ""
    names = (wanted.name, *ALTERNATIVES.get(canonicalize_name(wanted.name), ()))
    found = list(filter(None, versions(names, python).values()))
    known = [version for version in found if version != installed.UNKNOWN]
    for version in known or found:
        try:
            if version == installed.UNKNOWN or wanted.specifier.contains(Version(version), prereleases=True):
                return version
        except InvalidVersion:  # it cannot be compared, so it is taken as it is
            return version
    return ""


def older(version: str, wanted: str) -> bool:
    """Whether a version of torch comes before the release `wanted`; builds on the way to it do not."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).release < Version(wanted).release
    except InvalidVersion:
        return False


def unresolved(names: tuple[str, ...], python: str = sys.executable) -> dict[str, str] | None:
    """The dotted names that cannot be imported, each with what it lacks: the name of a package that is
    missing, or an error of importing it; empty if there is no such name. None without torch."""
    if not has_torch(python):
        return None
    store = _names_store()
    kept = f"names-{zlib.crc32(os.fsencode(python)):08x}-{torch_version(python)}"
    known = store.read(kept, list[str]) or []
    unknown = [name for name in names if name not in set(known)]
    if not unknown:
        return {}
    found: dict[str, str | None] = json.loads(_ask(python, "-c", torch.RESOLVE, json.dumps(unknown)))
    # what this torch has, it will have the next time; other packages may come and go
    store.write(kept, [*known, *(name for name, lacks in found.items() if lacks == "" and torch.owns(name))])
    return {name: lacks or "" for name, lacks in found.items() if lacks != ""}


def _names_store() -> Store:
    try:
        return Store(paths.private_dir(paths.private_dir(paths.cache_dir()) / "names"))
    except OSError:
        return Store(None)


def _ask(python: str, *arguments: str) -> str:
    """The last line that an interpreter prints when it is started with these arguments.

    It is started in the root folder: files of the current one must not be taken for modules, and a relative
    path in `PYTHONPATH` leads there.
    """
    program = os.path.abspath(python) if os.path.dirname(python) else python
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PROBE_TIMEOUT,
            check=True,
        )
    except OSError as error:
        raise BadSetting(f"cannot start {python}: {error.strerror}; give --python a Python") from error
    except subprocess.TimeoutExpired as error:
        raise BadSetting(f"{python} did not answer within {PROBE_TIMEOUT} s; try it by hand") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise BadSetting(f"{python} failed: {last}; give --python a Python, 3.8 or newer") from error
    lines = done.stdout.strip().splitlines()
    if not lines:
        raise BadSetting(f"{python} printed nothing; give --python a Python, 3.8 or newer")
    return lines[-1]
