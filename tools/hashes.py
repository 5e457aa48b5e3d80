"""The hashes of the pinned versions, for CI.

    python tools/hashes.py update         write constraints-hashed.txt; needs tools/requirements.txt
    python tools/hashes.py part NAME…     print the lines for ptnote and these packages, with all they need
    python tools/hashes.py check REPORT   compare what pip has installed, by its report

`part` prints requirements for `pip install --require-hashes --no-deps -r`. `check` takes what
`pip install --report` has written; pip compares every file with the hash that it reports.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from dependencies import CONSTRAINTS, ROOT, closure, normal, parts

HASHED = ROOT / "constraints-hashed.txt"

HEADER = """\
# The versions of constraints.txt with the hashes of all their files, for CI; made by tools/hashes.py.
# torch is left out: its file depends on the machine and on where it comes from (CPU, one of many CUDA
# versions), and a local build such as 2.13.0+cpu has no hash that holds for everybody.
"""

UNHASHED = ("torch",)


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("update", help="write constraints-hashed.txt")
    commands.add_parser("part", help="print the lines for some packages").add_argument("names", nargs="*")
    commands.add_parser("check", help="compare pip's report").add_argument("report", type=Path)
    asked = parser.parse_args()
    if asked.command == "update":
        update()
    elif asked.command == "part":
        sys.stdout.write(part(asked.names))
    else:
        check(asked.report)


def update() -> None:
    """Ask the package index for the hashes of every pinned version but torch's."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = "\n".join(line for line in lines if not line.startswith(("#", *(f"{n}==" for n in UNHASHED))))
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-deps", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "-"]
    done = subprocess.run(command, input=pins, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    HASHED.write_text(HEADER + done.stdout, encoding="utf-8")


def hashed() -> dict[str, str]:
    """The requirement of each package with its hashes, as a text of several lines, by normal name."""
    text = re.sub(r"^#.*\n", "", HASHED.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return {normal(entry.partition("==")[0]): entry for entry in entries if entry}


def part(names: list[str]) -> str:
    """What ptnote and these packages need, with hashes."""
    known = hashed()
    wanted = closure([*parts()["."], *names])
    missing = sorted(wanted - known.keys())
    if missing:
        sys.exit(f"no hashes for {', '.join(missing)}; run: just constraints")
    return "".join(known[name] for name in sorted(wanted))


def check(report: Path) -> None:
    """Exit with an error if pip has installed anything but the hashed files."""
    known = hashed()
    own = "ptnote-pytorch"
    wrong, count = [], 0
    for one in json.loads(report.read_text(encoding="utf-8"))["install"]:
        name = normal(one["metadata"]["name"])
        if name == own or name in UNHASHED:
            continue
        count += 1
        digest = one["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", "")
        if not digest or f"--hash=sha256:{digest}" not in known.get(name, ""):
            wrong.append(f"{name} {one['metadata']['version']}: {digest or 'no hash'}")
    if wrong:
        sys.exit("not the files of constraints-hashed.txt:\n" + "\n".join(wrong))
    sys.stdout.write(f"{count} packages have the hashes of constraints-hashed.txt\n")


if __name__ == "__main__":
    main()
