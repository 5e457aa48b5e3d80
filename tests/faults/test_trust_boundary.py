"""What runs when, and whose it is: nothing of a project runs unasked, and what stands in place of a built-in
entry is said to."""

import json
import os
import subprocess

import pytest

from tests.cli.helpers import COMMAND
from tests.conftest import LIBRARY

GOOD = (LIBRARY / "basics" / "passes.yaml").read_text(encoding="utf-8")
PLANT = "open('{mark}', 'a').write(__name__)\n"

QUIET = [
    ["list"], ["tags"], ["categories"], ["sources"], ["paths"], ["doctor"], ["random"], ["search", "addition"],
    ["show", "own"], ["show", "own", "--code"], ["show", "own", "--json"], ["own"],
    ["why", "The size of tensor a"], ["check"], ["check", ".ptnote"], ["run", "own"], ["test", "own"],
    ["completion", "bash"],
]  # fmt: skip
"""Commands that run no code of a project."""


@pytest.fixture
def project(tmp_path):
    """A project with an entry whose every part would leave a mark if it were executed or imported."""
    place, mark = tmp_path / "project", tmp_path / "MARK"
    entries = place / ".ptnote" / "basics"
    entries.mkdir(parents=True)
    plant = PLANT.format(mark=mark)
    (entries / "own.yaml").write_text(
        GOOD.replace("api: [torch.add]", "api: [evil.x, evil, torch.evil, '', '.', 'torch.']")
        .replace("import operator", f"import operator; {plant.strip()}")
        .replace("    output: |", "    requires: {packages: [evil.x, evil]}\n    output: |", 1)
    )
    for module in (
        "evil",
        "torch",
        "json",
        "sys",
        "numpy",
        "platform",
        "importlib",
        "msgspec",
        "sitecustomize",
    ):
        (place / f"{module}.py").write_text(plant)
    return place, mark


@pytest.mark.parametrize("arguments", QUIET, ids=" ".join)
def test_looking_at_a_project_runs_nothing_of_it(project, ptnote, arguments):
    place, mark = project
    done = ptnote(*arguments, cwd=place)
    assert "Traceback" not in done.err
    assert not mark.exists(), mark.read_text()


@pytest.mark.needs_torch
@pytest.mark.parametrize("path", ["", "."])
@pytest.mark.parametrize(
    "arguments", [["doctor"], ["check", ".ptnote"], ["run", "one-hot", "--device", "mps"]], ids=" ".join
)
def test_torch_is_not_taken_from_the_current_folder(project, ptnote, arguments, path):
    """Not even if `PYTHONPATH` names it in a relative way, which is how it gets there by accident."""
    place, mark = project
    for name in ("msgspec", "json", "platform", "importlib", "sitecustomize"):
        (place / f"{name}.py").unlink()  # with PYTHONPATH our own interpreter would take them, as any would
    ptnote(*arguments, cwd=place, env={"PYTHONPATH": path} if path else {})
    assert not mark.exists(), mark.read_text()


def test_completion_runs_nothing_of_a_project(project, ptnote):
    place, mark = project
    assert "own" in ptnote("completion", "--table", cwd=place).out
    assert not mark.exists()


@pytest.fixture
def hiding(tmp_path):
    """A project with an entry of its own in place of a built-in one."""
    place = tmp_path / "project"
    entries = place / ".ptnote" / "tensor-ops"
    entries.mkdir(parents=True)
    (entries / "one-hot.yaml").write_text(GOOD.replace("A snippet that passes", "One hot, but ours"))
    return place


def test_an_entry_that_hides_a_built_in_one_is_said_to(hiding, ptnote):
    for arguments in (
        ["one-hot"],
        ["show", "one-hot"],
        ["search", "one-hot"],
        ["why", "The size of tensor a"],
    ):
        done = ptnote(*arguments, "-L", "en", cwd=hiding)
        assert "an entry of this project, hides the built-in entry of this name" in done.out, arguments
        assert "hides" not in ptnote(*arguments, "-L", "en").out
    done = ptnote("show", "one-hot", "--code", "-L", "zh", cwd=hiding)
    assert done.err == "ptnote: one-hot: 本项目的条目，覆盖了同名的内置条目\n"
    shown = json.loads(ptnote("show", "one-hot", "--json", cwd=hiding).out)
    assert (shown["layer"], shown["hides"].endswith("one-hot.yaml")) == ("project", True)
    assert json.loads(ptnote("show", "one-hot", "--json").out)["hides"] is None
    assert ptnote("run", "one-hot", cwd=hiding).code == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can give a folder away")
def test_a_project_folder_of_somebody_else_is_left_out(hiding, ptnote):
    os.chown(hiding / ".ptnote", 12345, 12345)
    done = ptnote("show", "one-hot", "-L", "en", cwd=hiding / ".ptnote")
    assert "but ours" not in done.out
    assert f"left out {hiding / '.ptnote'}, which others can write" in done.err
    named = ptnote("show", "one-hot", "-L", "en", env={"PTNOTE_PATH": str(hiding / ".ptnote")})
    assert "but ours" in named.out


def test_a_project_folder_that_everybody_can_write_is_left_out(hiding, ptnote):
    (hiding / ".ptnote").chmod(0o777)
    done = ptnote("show", "one-hot", "-L", "en", cwd=hiding)
    assert "but ours" not in done.out
    assert "left out" in done.err


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "..", "a/../b", "~", "$HOME", "`id`"])
def test_no_name_leads_out_of_the_folders(ptnote, tmp_path, name):
    for arguments in (["show", name], ["run", name], ["new", name, "-c", "losses"], ["new", "x", "-c", name]):
        done = ptnote(*arguments)
        assert done.code in (1, 2)
        assert "root:" not in done.out
    assert not list(tmp_path.iterdir())


def test_a_shell_is_never_asked(tmp_path):
    """But for the pager, which the user names."""
    name = "x; touch PWNED; $(touch PWNED) `touch PWNED`"
    for arguments in (["search", name], ["show", name], ["run", name], ["why", name], ["check", name]):
        subprocess.run([COMMAND, *arguments], capture_output=True, cwd=tmp_path)
    assert not list(tmp_path.iterdir())
