"""What the documents say is so."""

import itertools
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
import yaml

from kb.run import expected as compare
from pycli.main import COMMANDS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
TRANSCRIPT = "".join(re.findall(r"```console\n(.*?)```", README, re.DOTALL))
PAGES = ["CONTRIBUTING.md", "SECURITY.md", "docs/releasing.md", "docs/architecture.md", "docs/agents.md"]
RECIPES = set(re.findall(r"^([a-z]+)[^:=\n]*:(?!=)", (ROOT / "Justfile").read_text(), re.MULTILINE))
READ_README = re.compile(r"^readme\(\) \{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
STEPS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", TRANSCRIPT, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "screen"),
    [
        pytest.param(command, screen, id=command, marks=[pytest.mark.needs_torch] * (" run " in command))
        for command, screen in STEPS
    ],
)
def test_the_transcript_of_the_readme_is_real(ptnote, command, screen):
    done = ptnote(*shlex.split(command)[1:])
    said = done.out or "\n".join(done.err.splitlines()[:-1])
    assert compare.output_matches(screen, said), said


def test_the_readme_names_every_command():
    for command in COMMANDS:
        assert f"`{command}`" in README or f"ptnote {command}" in README, command


def test_ci_runs_both_commands_of_the_readme():
    assert README.count("<!-- test -->") == README.count("<!-- install -->") == 1
    script = (ROOT / ".ci" / "run").read_text()
    for mark in ("test", "install"):
        assert f"$(readme {mark})" in script
        program = f"{READ_README.search(script)[0]}\nreadme {mark}"
        done = subprocess.run(["bash", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        (command,) = done.stdout.splitlines()
        assert f"```sh\n{command}\n```" in README.partition(f"<!-- {mark} -->")[2]


def test_the_hooks_are_recipes_of_the_justfile():
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    commands = {hook["entry"] for repo in repos for hook in repo["hooks"]}
    assert {repo["repo"] for repo in repos} == {"local"}
    assert "just check" in commands
    assert {command.removeprefix("just ") for command in commands} <= RECIPES


@pytest.mark.parametrize("page", PAGES)
def test_recipes_and_files_that_pages_name_exist(page):
    text = (ROOT / page).read_text()
    assert set(re.findall(r"`just ([a-z]+)", text)) <= RECIPES
    named = re.findall(r"`((?:kb|pycli|tests|tools|docs|benchmarks|entries)/[\w/.]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_lower_bounds_become_exact_versions():
    command = [sys.executable, ROOT / "tools" / "constraints.py", "--lowest"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = [re.fullmatch(r"([\w-]+)[>=]=([\d.]+)(,<.*)?", line) for line in project["dependencies"]]
    assert done.stdout.splitlines() == [f"{bound[1]}=={bound[2]}" for bound in bounds]


def test_the_library_example_of_the_readme_runs(capsys):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(code, {})
    assert "amp-training 混合精度训练（AMP）" in capsys.readouterr().out


def test_dependencies_are_constrained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[<>=]", line)[0].lower() for line in wanted}
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    assert names <= pinned, names - pinned


def test_the_extra_all_is_what_the_commands_need():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    commands = extras.keys() - {"all", "run", "snippets", "dev"}
    assert set(extras["all"]) == {wanted for name in commands for wanted in extras[name]}


def test_every_decision_has_a_paragraph():
    sections = re.split(r"^## ", (ROOT / "docs" / "decisions.md").read_text(), flags=re.MULTILINE)[1:]
    assert len(sections) >= 10
    assert all(len(section.split()) > 12 for section in sections)
