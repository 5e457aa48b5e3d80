"""The front door of the library: what it offers, and that its documentation is true."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

import kb
from kb.run.expected import diff, output_matches
from tests.conftest import ROOT

API = (ROOT / "docs" / "python-api.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", API, re.DOTALL)


def test_every_public_name_is_there():
    for name in kb.__all__:
        assert getattr(kb, name) is not None, name
    assert set(kb.__all__) <= set(dir(kb))


def test_names_for_type_checkers_and_names_at_run_time_are_the_same():
    """mypy and editors see the imports under TYPE_CHECKING, programs see the table."""
    tree = ast.parse((ROOT / "kb" / "__init__.py").read_text())
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.asname: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == kb._HOME
    assert sorted(kb._HOME) == list(kb._HOME)
    assert {*kb._HOME, "__version__"} == set(kb.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        kb.nonsense  # noqa: B018


def test_importing_the_library_imports_nothing_else():
    program = "import sys; import kb; print(sorted(m for m in sys.modules if m.startswith('kb.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "kb/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", kb.__version__)


@pytest.mark.needs_torch
@pytest.mark.parametrize(("code", "printed"), EXAMPLES, ids=[f"example-{n}" for n in range(len(EXAMPLES))])
def test_the_examples_of_the_documentation_print_what_they_say(code, printed, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(code, "docs/python-api.md", "exec"), {})
    actual = capsys.readouterr().out
    assert output_matches(printed, actual), diff(printed, actual)


def test_every_example_of_the_documentation_has_its_output():
    assert API.count("```python\n") == len(EXAMPLES) > 0
