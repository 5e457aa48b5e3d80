"""Print the versions to install ptnote with, as constraints for pip.

    python tools/constraints.py [--upgrade] > constraints.new && mv constraints.new constraints.txt
    python tools/constraints.py --lowest
    python tools/constraints.py --direct

pip resolves what all extras and the build need, downloading what it must and installing nothing. What
constraints.txt pins already stays as it is; with `--upgrade`, only torch does, unless another version of
it is given with `--torch`. With `--lowest`, print the lower bounds of pyproject.toml as exact versions
instead; with `--direct`, the dependencies as they stand there. CI tests with the versions of both.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
BUILD = ("hatchling", "editables")
"""What building the wheel and an editable install need."""

HEADER = """\
# The versions ptnote was tested with, for both commands of the README; made by tools/constraints.py.
# torch is pinned so that pip does not fetch another build with gigabytes of CUDA packages; on a GPU
# machine that has its own torch, leave this file out."""


def main() -> None:
    """Print the constraints that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--lowest", action="store_true", help="print the lower bounds instead")
    parser.add_argument("--direct", action="store_true", help="print the dependencies instead")
    parser.add_argument("--torch", default=pinned_torch(), help="the version of torch (%(default)s)")
    asked = parser.parse_args()
    if asked.lowest or asked.direct:
        lines = lowest() if asked.lowest else direct()
    else:
        lines = resolved(asked.torch, asked.upgrade)
    sys.stdout.write("\n".join(lines) + "\n")


def direct() -> list[str]:
    """The dependencies of ptnote itself, as pyproject.toml has them."""
    return list(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    )


def lowest() -> list[str]:
    """The lower bound of each dependency as an exact version."""
    return [re.sub(r"\s*[>=]=\s*", "==", line.partition(",")[0]) for line in direct()]


def resolved(torch: str, upgrade: bool) -> list[str]:
    """The versions that pip chooses, sorted by name, below the header."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ",".join(project["optional-dependencies"])
    wanted = [f"{ROOT}[{extras}]", *BUILD, f"torch=={torch}"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as kept:
        kept.write("" if upgrade else other_pins())
        kept.flush()
        command += ["-c", kept.name, "--report", "-", *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    chosen = {
        one["metadata"]["name"]: one["metadata"]["version"] for one in json.loads(done.stdout)["install"]
    }
    del chosen[project["name"]]
    # a local build such as 2.13.0+cpu would bind everybody to the index it came from
    pins = [f"{name}=={version.partition('+')[0]}" for name, version in chosen.items()]
    return [HEADER, *sorted(pins, key=str.lower)]


def other_pins() -> str:
    """constraints.txt without torch."""
    return re.sub(r"^torch==.*$", "", CONSTRAINTS.read_text(encoding="utf-8"), flags=re.MULTILINE)


def pinned_torch() -> str:
    """The version of torch in constraints.txt; empty if there is none."""
    found = re.search(r"^torch==(\S+)$", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
