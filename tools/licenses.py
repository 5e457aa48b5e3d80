"""Write docs/licenses.md: every dependency with its version and license.

    python tools/licenses.py

Run it in the environment of README's test command. Versions come from constraints.txt, licenses from the
metadata of the packages. A package that is missing here keeps the line it has, if its version is the same.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata

from dependencies import ROOT, closure, normal, parts, pinned
from packaging.requirements import Requirement

PAGE = ROOT / "docs" / "licenses.md"

HEADER = """\
# Licenses of the dependencies

Made by `tools/licenses.py` from the metadata of the packages in the versions of `constraints.txt`; `.` is
ptnote itself, the names in brackets are its extras, and *build* is what makes a wheel. ptnote ships none of
these packages: pip fetches them. The license of torch is that of its CPU build; a CUDA build also brings
NVIDIA's libraries, which have a license of their own.

| package | version | license | named by | brought along by |
| --- | --- | --- | --- | --- |
"""

LONGEST = 40
"""Characters of a name of a license; what is longer is its text."""


def main() -> None:
    """Write the page, or say which packages are missing."""
    kept = rows()
    direct = {part: {normal(Requirement(one).name) for one in wanted} for part, wanted in parts().items()}
    whole = {part: closure(wanted) for part, wanted in parts().items()}
    lines, missing = [], []
    for name, version in pinned().items():
        try:
            found = (
                license_of(metadata.metadata(name))
                if metadata.version(name).partition("+")[0] == version
                else ""
            )
        except metadata.PackageNotFoundError:
            found = ""
        if not found and kept.get(name, ("", ""))[0] == version:
            found = kept[name][1]
        if not found:
            missing.append(f"{name}=={version}")
        key = normal(name)
        named = [part for part, names in direct.items() if key in names]
        brought = [part for part, names in whole.items() if key in names and part not in named]
        lines.append(f"| {name} | {version} | {found} | {', '.join(named)} | {', '.join(brought)} |\n")
    if missing:
        sys.exit(f"not installed here: {' '.join(missing)}")
    PAGE.write_text(HEADER + "".join(lines), encoding="utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Version and license of each package on the page."""
    if not PAGE.exists():
        return {}
    found = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: (version, license) for name, version, license in found[2:]}


def license_of(about: metadata.PackageMetadata) -> str:
    """The license in a package's metadata: the expression, else the name, else the classifiers."""
    fields = {key.lower(): value for key, value in about.items()}
    stated = fields.get("license", "").strip().partition("\n")[0].strip()
    classes = [one for one in about.get_all("Classifier") or () if one.startswith("License ::")]
    if expression := fields.get("license-expression"):
        return expression
    named = len(stated) <= LONGEST and re.match(r"[A-Za-z0-9]", stated)
    if named and not stated.startswith(
        ("Copyright", "UNKNOWN")
    ):  # what setuptools writes where none is named
        return stated
    return ", ".join(one.rpartition(":: ")[2] for one in classes)


if __name__ == "__main__":
    main()
