"""What this machine, or another interpreter on it, offers: torch, devices, optional packages.

torch is only ever imported in a child process.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from functools import cache

from msgspec import Struct

from kb.errors import BadSetting

IMPORT_NAMES = {
    "opencv-python-headless": "cv2",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "scikit-learn": "sklearn",
}
"""Packages whose name for pip is not their name for import."""

PROBE_TIMEOUT = 120
"""Seconds that a child may take to import torch and look around."""


class Device(Struct, frozen=True):
    """One device that torch can use."""

    kind: str
    name: str
    memory: int = 0
    """Bytes; 0 when torch does not say."""


class Machine(Struct, frozen=True, kw_only=True):
    """An interpreter's torch and what it can reach."""

    python: str
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


_PROBE = """
import json, platform, sys
facts = {"python": platform.python_version(), "devices": []}
try:
    import torch
    facts["torch"] = str(torch.__version__)
    facts["cuda"] = torch.version.cuda or ""
    facts["devices"].append({"kind": "cpu", "name": platform.processor() or platform.machine()})
    if torch.cuda.is_available():
        facts["cudnn"] = str(torch.backends.cudnn.version() or "")
        for i in range(torch.cuda.device_count()):
            about = torch.cuda.get_device_properties(i)
            facts["devices"].append({"kind": "cuda", "name": about.name, "memory": about.total_memory})
    if torch.backends.mps.is_available():
        facts["devices"].append({"kind": "mps", "name": platform.processor()})
    import numpy
    facts["numpy"] = numpy.__version__
except Exception as error:
    facts["problem"] = f"{type(error).__name__}: {error}"
print(json.dumps(facts))
"""


@cache
def probe(python: str = sys.executable) -> Machine:
    """Ask an interpreter, once, what it has. Raises BadSetting if it cannot be started."""
    import msgspec

    answer = _ask(python, _PROBE)
    return msgspec.json.decode(answer, type=Machine)


def has_torch(python: str = sys.executable) -> bool:
    """Whether an interpreter has torch, without importing it."""
    return _importable("torch") if python == sys.executable else bool(torch_version(python))


def torch_version(python: str = sys.executable) -> str:
    """The installed torch of an interpreter, without importing it; empty when there is none."""
    return _versions(python, ("torch",))["torch"]


def missing_packages(packages: tuple[str, ...], python: str = sys.executable) -> tuple[str, ...]:
    """Those of `packages` (as pip names them) that the interpreter cannot import."""
    if not packages:
        return ()
    if python == sys.executable:
        return tuple(package for package in packages if not _importable(package))
    names = {package: IMPORT_NAMES.get(package, package.replace("-", "_")) for package in packages}
    program = (
        "import importlib.util as u, json;"
        f"print(json.dumps([p for p, n in {names!r}.items() if u.find_spec(n) is None]))"
    )
    return tuple(json.loads(_ask(python, program)))


_RESOLVE = """
import importlib, json, sys
unknown = []
for name in json.loads(sys.argv[1]):
    head, *rest = name.split(".")
    try:
        found, path = importlib.import_module(head), head
        for part in rest:
            path += "." + part
            found = getattr(found, part, None) or importlib.import_module(path)
    except (ImportError, AttributeError):
        unknown.append(name)
print(json.dumps(unknown))
"""


def unresolved(names: tuple[str, ...], python: str = sys.executable) -> set[str] | None:
    """Those dotted names that cannot be imported; None when the interpreter has no torch."""
    if not torch_version(python):
        return None
    return set(json.loads(_ask(python, _RESOLVE, json.dumps(names)))) if names else set()


def package_version(package: str) -> str:
    """The installed version of a package in this interpreter; empty when there is none."""
    return _versions(sys.executable, (package,))[package]


@cache
def _importable(package: str) -> bool:
    return importlib.util.find_spec(IMPORT_NAMES.get(package, package.replace("-", "_"))) is not None


@cache
def _versions(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    if python == sys.executable:
        return {package: _version(package) for package in packages}
    program = (
        "import importlib.metadata as m, json\n"
        "def v(p):\n"
        "    try: return m.version(p)\n"
        "    except m.PackageNotFoundError: return ''\n"
        f"print(json.dumps({{p: v(p) for p in {packages!r}}}))"
    )
    return dict(json.loads(_ask(python, program)))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _ask(python: str, program: str, *arguments: str) -> str:
    """The last line that a small program prints under an interpreter."""
    try:
        done = subprocess.run(
            [python, "-c", program, *arguments],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT,
            check=True,
        )
    except OSError as error:
        raise BadSetting(f"cannot start {python}: {error.strerror}; give --python a Python") from error
    except subprocess.TimeoutExpired as error:
        raise BadSetting(f"{python} did not answer within {PROBE_TIMEOUT} s; try it by hand") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise BadSetting(f"{python} failed: {last}; give --python a Python 3") from error
    return done.stdout.strip().splitlines()[-1]
