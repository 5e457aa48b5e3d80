"""What the documents say is so."""

import itertools
import re
import shlex
import tomllib

import pytest

from kb.run import expected as compare
from pycli.main import COMMANDS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
TRANSCRIPT = re.search(r"```console\n(.*?)```", README, re.DOTALL)[1]
STEPS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", TRANSCRIPT, re.MULTILINE)


@pytest.mark.parametrize(("command", "screen"), STEPS, ids=[command for command, _ in STEPS])
def test_the_transcript_of_the_readme_is_real(ptnote, command, screen):
    done = ptnote(*shlex.split(command)[1:])
    said = done.out or "\n".join(done.err.splitlines()[:-1])
    assert compare.output_matches(screen, said), said


def test_the_readme_names_every_command():
    for command in COMMANDS:
        assert f"`{command}`" in README or f"ptnote {command}" in README, command


def test_ci_runs_the_test_command_of_the_readme():
    assert README.count("<!-- test -->") == README.count("<!-- install -->") == 1
    assert "sed -n '/<!-- test -->/" in (ROOT / ".ci" / "run").read_text()


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


def test_every_decision_has_a_paragraph():
    sections = re.split(r"^## ", (ROOT / "docs" / "decisions.md").read_text(), flags=re.MULTILINE)[1:]
    assert len(sections) >= 10
    assert all(len(section.split()) > 12 for section in sections)
