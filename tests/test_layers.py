"""The architecture, held by tests: who may import whom, and how large things get."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted([*ROOT.glob("kb/**/*.py"), *ROOT.glob("pycli/**/*.py")])


def loaded_by(program: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after running `program`."""
    show = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_kb_loads_no_torch_click_rich_or_whoosh():
    assert not loaded_by("import kb") & {"torch", "click", "rich", "whoosh", "yaml"}


def test_importing_pycli_loads_no_torch():
    modules = "import pycli.main, pycli.run, pycli.test, pycli.doctor, pycli.search, pycli.show"
    assert "torch" not in loaded_by(modules)
    assert "rich" not in loaded_by(modules)


@pytest.mark.parametrize(
    "command",
    [
        ["search", "-n", "1", "混合精度"],
        ["show", "one-hot"],
        ["list"],
        ["one-hot"],
        ["tags"],
        ["completion", "bash"],
    ],
)
def test_commands_that_need_no_search_never_load_whoosh(command):
    program = f"""
import sys
from pycli.main import main
try:
    main({command!r})
except SystemExit:
    pass
"""
    assert not loaded_by(program) & {"whoosh", "torch", "rich", "yaml"} - {"yaml"}


def test_search_in_a_pipe_never_loads_rich():
    program = "from pycli.main import main\ntry:\n    main(['search', 'amp'])\nexcept SystemExit:\n    pass"
    assert not loaded_by(program) & {"rich", "torch"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", [*ROOT.glob("kb/**/*.py")], ids=lambda path: path.stem)
def test_the_library_does_not_know_its_shell(path):
    assert not imports(path) & {"click", "rich", "pycli", "torch"}


@pytest.mark.parametrize(
    "path", [p for p in ROOT.glob("pycli/*.py") if p.stem != "render"], ids=lambda p: p.stem
)
def test_only_render_imports_rich(path):
    assert "rich" not in imports(path)


def test_child_py_needs_the_standard_library_alone():
    assert imports(ROOT / "kb" / "child.py") <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_modules_and_functions_stay_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 45, f"{path}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize("path", [*ROOT.glob("kb/**/*.py")], ids=lambda path: path.stem)
def test_the_library_neither_prints_nor_exits(path):
    if path.name == "child.py":
        return  # a program of its own
    names = [ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    assert not {"print", "exit", "sys.exit", "os._exit"} & set(names)
