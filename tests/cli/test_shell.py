"""The shell around the command: options, encodings, completion, help."""

import os
import subprocess
import sys

import pytest

import kb
from pycli.main import module_of
from tests.cli.helpers import COMMAND, command_names, one_line
from tests.conftest import ROOT


def test_a_wrong_option_is_one_line(ptnote):
    done = ptnote("list", "--jsn")
    assert done.code == 2
    one_line(done, "no option --jsn", "--json", "ptnote list --help")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "gbk"])
def test_terminals_that_are_not_utf8_get_what_they_can_show(encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([COMMAND, "show", "one-hot", "-L", "both"], capture_output=True, env=env)
    assert done.returncode == 0
    assert done.stderr == b""
    assert ("独热编码".encode("gbk") in done.stdout) == (encoding == "gbk")


def test_debug_shows_the_traceback(ptnote):
    assert "Traceback" in ptnote("--debug", "show", "nosuch").err


def test_debug_among_the_arguments_of_a_command_is_not_an_option_of_ptnote(ptnote):
    done = ptnote("show", "--", "--debug")
    assert done.code == 1
    one_line(done, "no entry '--debug'")


def test_every_command_has_help(ptnote):
    for command in command_names(ptnote):
        assert "Usage: ptnote" in ptnote(command, "--help").out


def test_the_help_lists_every_command(ptnote):
    hidden = {"__init__", "lookup", "welcome"}  # what runs when no command is named
    modules = {path.stem for path in (ROOT / "pycli" / "commands").glob("*.py")}
    assert {module_of(name) for name in command_names(ptnote)} == modules - hidden


def test_the_version_is_that_of_the_package(ptnote):
    assert ptnote("--version").out == f"ptnote, version {kb.__version__}\n"


OLD_CLICK = """
import sys

import click


class ParamType(click.ParamType):
    def __class_getitem__(cls, item):
        raise TypeError("type 'ParamType' is not subscriptable")


click.ParamType = ParamType

from pycli.main import main

main(sys.argv[1:])
"""


def test_commands_load_with_a_click_whose_types_cannot_be_subscripted(ptnote):
    """As in click 8.2 and 8.3."""
    for command in command_names(ptnote):
        done = subprocess.run(
            [sys.executable, "-c", OLD_CLICK, command, "--help"], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
