"""What starting a command loads."""

import os
import subprocess
import sys

import pytest

MODULES = """
import sys

from pycli.start import main

sys.argv[0] = "ptnote"
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""

SLOW = {
    "concurrent.futures",
    "difflib",
    "importlib.metadata",
    "ipaddress",
    "msgspec.inspect",
    "platform",
    "pygments.lexer",
    "rich",
    "shutil",
    "subprocess",
    "tempfile",
    "torch",
    "urllib.parse",
    "whoosh",
    "yaml",
}
"""Modules that no command needs in order to show an entry."""


def loaded_by(*arguments: str, **env: str) -> set[str]:
    """The modules that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", MODULES, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=True,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("command", [["one-hot"], ["show", "one-hot"], ["list"], ["tags"], ["--version"]])
def test_showing_what_is_known_loads_little(command, ptnote):
    ptnote("list")  # reads the entries, if no test has yet
    ptnote("sources")
    assert not loaded_by(*command) & SLOW


def test_what_is_left_out_at_the_start_is_there_when_it_is_asked_for():
    program = """
import sys
sys.argv = ["ptnote", "--version"]
from pycli.start import main
try:
    main()
except SystemExit:
    import pathlib, platform, urllib.parse, uuid
    print(pathlib.Path("/a b").as_uri(), urllib.parse.quote("a b"), platform.python_version(), uuid.UUID(int=7))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    version = ".".join(map(str, sys.version_info[:3]))
    said = done.stdout.splitlines()[-1]
    assert said == f"file:///a%20b a%20b {version} 00000000-0000-0000-0000-000000000007"


def test_coloured_code_is_kept(ptnote, empty_cache):
    env = {"FORCE_COLOR": "1"}
    first = ptnote("one-hot", env=env)
    assert "pygments.lexer" not in loaded_by("one-hot", **env)
    assert ptnote("one-hot", env=env).out == first.out
    files = [*(empty_cache / "colored").iterdir()]
    assert files
    assert all(file.stat().st_mode & 0o077 == 0 for file in (empty_cache, empty_cache / "colored"))


def test_coloured_code_is_not_taken_from_a_folder_that_others_can_write(ptnote, empty_cache):
    env = {"FORCE_COLOR": "1"}
    right = ptnote("one-hot", env=env).out
    for file in (empty_cache / "colored").iterdir():
        file.write_text(file.read_text() + "forged")
    assert "forged" in ptnote("one-hot", env=env).out
    for folder in (empty_cache / "colored", empty_cache):
        folder.chmod(0o777)
        assert ptnote("one-hot", env=env).out == right
        folder.chmod(0o700)


@pytest.mark.parametrize("content", [b"", b"\xff", b"of other code\0other code"])
def test_coloured_code_that_is_damaged_or_of_other_code_is_made_anew(ptnote, empty_cache, content):
    env = {"FORCE_COLOR": "1"}
    right = ptnote("one-hot", env=env).out
    for file in (empty_cache / "colored").iterdir():
        file.write_bytes(content)
    assert ptnote("one-hot", env=env).out == right


def test_colour_needs_no_cache(ptnote, tmp_path):
    (tmp_path / "file").write_text("")
    env = {"FORCE_COLOR": "1", "PTNOTE_CACHE_DIR": str(tmp_path / "file" / "cache")}
    done = ptnote("one-hot", env=env)
    assert done.code == 0
    assert "\x1b[" in done.out
