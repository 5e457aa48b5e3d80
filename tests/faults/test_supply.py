"""What ptnote is installed from: pinned versions, hashes of their files, licenses, and a store for the wheel
that comes out the same whoever builds it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
HASHED = (ROOT / "constraints-hashed.txt").read_text()


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements():
    project = SETTINGS["project"]
    named = {".": project["dependencies"], "build": SETTINGS["build-system"]["requires"]}
    extras = project["optional-dependencies"]
    named |= {f"[{extra}]": wanted for extra, wanted in extras.items() if extra != "all"}
    return [(part, Requirement(one)) for part, wanted in named.items() for one in wanted]


def tool(name, *arguments):
    command = [sys.executable, ROOT / "tools" / name, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_every_dependency_is_pinned_within_its_bounds():
    pinned = {normal(name): version for name, version in PINNED.items()}
    assert [str(one) for _, one in requirements() if pinned.get(normal(one.name)) not in one.specifier] == []


def test_every_pinned_version_but_torchs_has_hashes_and_nothing_else_has():
    found = re.findall(r"^(\S+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", HASHED, re.MULTILINE)
    assert {normal(name): version for name, version, _ in found} == {
        normal(name): version for name, version in PINNED.items() if name != "torch"
    }
    left = re.sub(r"^\S+==\S+ \\$|^    --hash=sha256:[0-9a-f]{64}(?: \\)?$|^#.*$", "", HASHED, flags=re.M)
    assert left.strip() == ""


def report(tmp_path, **hashes):
    """What pip would report of an installation of these packages."""
    path = tmp_path / "report.json"
    installed = [
        {
            "metadata": {"name": name, "version": "1"},
            "download_info": {"archive_info": {"hashes": {"sha256": digest}}} if digest else {"dir_info": {}},
        }
        for name, digest in hashes.items()
    ]
    path.write_text(json.dumps({"install": installed}))
    return path


def test_an_installation_from_the_hashed_files_passes(tmp_path):
    digest = re.search(r"^click==.*\n.*sha256:(\w+)", HASHED, re.MULTILINE)[1]
    done = tool("hashes.py", "check", report(tmp_path, click=digest, torch="1" * 64, ptnote_pytorch=""))
    assert (done.returncode, done.stdout) == (0, "1 packages have the hashes of constraints-hashed.txt\n")


@pytest.mark.parametrize(
    ("name", "digest"),
    [("click", "0" * 64), ("click", ""), ("unknown", "0" * 64), ("rich", "of click")],
    ids=["another file", "not a file", "another package", "the file of another package"],
)
def test_an_installation_from_another_file_is_reported(tmp_path, name, digest):
    if digest == "of click":
        digest = re.search(r"^click==.*\n.*sha256:(\w+)", HASHED, re.MULTILINE)[1]
    done = tool("hashes.py", "check", report(tmp_path, **{name: digest}))
    assert done.returncode == 1
    assert f"{name} 1: {digest or 'no hash'}" in done.stderr


def test_pip_refuses_a_wheel_that_was_exchanged(tmp_path):
    version = PINNED["iniconfig"]
    wheel = tmp_path / f"iniconfig-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        about = f"iniconfig-{version}.dist-info"
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: iniconfig\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
        archive.writestr("iniconfig.py", "print('exchanged')")
    wanted = tool("hashes.py", "part", "iniconfig").stdout
    assert {normal(one.name) for part, one in requirements() if part == "."} <= {
        line.partition("==")[0] for line in wanted.splitlines()
    }
    (tmp_path / "wanted.txt").write_text(re.search(r"^iniconfig==(.*\n )*.*\n", wanted, re.MULTILINE)[0])
    pip = [sys.executable, "-m", "pip", "--isolated", "install", "--no-deps", "--no-index", "--quiet"]
    pip += ["--find-links", tmp_path, "--target", tmp_path / "target"]
    plain = subprocess.run([*pip, "iniconfig"], capture_output=True, text=True)
    assert (plain.returncode, (tmp_path / "target" / "iniconfig.py").exists()) == (0, True), plain.stderr
    shutil.rmtree(tmp_path / "target")
    hashed = subprocess.run(
        [*pip, "--require-hashes", "-r", tmp_path / "wanted.txt"], capture_output=True, text=True
    )
    assert hashed.returncode == 1
    assert "DO NOT MATCH THE HASHES" in hashed.stderr
    assert not (tmp_path / "target").exists()


def licenses():
    """The rows of the list of licenses: name, version, license, named by, brought along by."""
    page = (ROOT / "docs" / "licenses.md").read_text(encoding="utf-8")
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in page.splitlines()
        if line.startswith("| ")
    ]
    assert rows[0] == ("package", "version", "license", "named by", "brought along by")
    return rows[2:]


def test_the_list_of_licenses_is_that_of_the_pinned_versions():
    assert [row[:2] for row in licenses()] == list(PINNED.items())
    named = {(normal(row[0]), part) for row in licenses() for part in row[3].split(", ") if part}
    assert named >= {(normal(one.name), part) for part, one in requirements()}


def test_every_dependency_has_a_license_and_what_ptnote_itself_needs_a_permissive_one():
    for name, _, license, named, brought in licenses():
        assert license, name
        # one under the LGPL or the MPL binds nobody who only calls it; of several, each may choose one
        harmless = re.search(r"LGPL|Lesser|MPL|MIT|BSD|Apache", license)
        assert harmless or not re.search(r"GPL|GNU|proprietary|commercial", license, re.IGNORECASE), name
        if "." in (*named.split(", "), *brought.split(", ")):
            assert re.match(r"MIT|BSD|Two-clause BSD|Apache|PSF", license), name


STORE = """
import sys
from pathlib import Path
from kb import paths
paths.builtin_entries = lambda: Path(sys.argv[1])
from kb.ship import build_store
build_store(Path(sys.argv[2]))
"""


def test_the_store_of_a_wheel_is_the_same_whenever_and_wherever_it_is_made(tmp_path):
    made = []
    for seed, umask in (("1", 0o022), ("2", 0o077)):
        entries, store = tmp_path / seed / "entries", tmp_path / seed / "store"
        for source in [*(ROOT / "entries").glob("*.yaml"), *(ROOT / "entries" / "vision").glob("*.yaml")]:
            target = entries / source.relative_to(ROOT / "entries")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        store.mkdir()
        command = [sys.executable, "-c", STORE, entries, store]
        env = {**os.environ, "PYTHONHASHSEED": seed, "TMPDIR": str(tmp_path / seed)}
        subprocess.run(command, check=True, env=env, umask=umask, cwd=ROOT)
        files = sorted(path for path in store.rglob("*") if path.is_file())
        made.append({path.relative_to(store): path.read_bytes() for path in files})
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
    assert Path("heads") in made[0]
    assert any(name.suffix == ".seg" for name in made[0])
