"""The architecture: what a command loads, and how large things get. Who may import whom is the import
contract in pyproject.toml, which `lint-imports` checks."""

import ast
import subprocess
import sys

import pytest

from pycli.main import COMMANDS, module_of
from tests.conftest import ROOT

SOURCES = sorted([*ROOT.glob("kb/**/*.py"), *ROOT.glob("pycli/**/*.py"), *ROOT.glob("tools/**/*.py")])
KB = sorted(ROOT.glob("kb/**/*.py"))
MODULE_LINES, FUNCTION_LINES = 250, 40

HEAVY = {"torch", "numpy", "rich", "whoosh", "yaml", "asyncio", "ssl"}
"""What takes long to import, and is of no use to commands that show what the cache holds."""


def name_of(path):
    return str(path.relative_to(ROOT))


def loaded_by(program: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after running `program`, which must not fail."""
    show = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def loaded_by_command(arguments: list[str]) -> set[str]:
    """The same for a `ptnote` command, which must succeed."""
    program = f"""
from pycli.main import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
"""
    return loaded_by(program)


@pytest.fixture
def warm(warm_cache, monkeypatch, tmp_path):
    """Commands share one cache, in which the second run of a command finds everything it needs. The table
    of completions, which other tests may rewrite in another language meanwhile, is that of a folder of its
    own."""
    monkeypatch.setenv("PTNOTE_CACHE_DIR", warm_cache)
    monkeypatch.setenv("PTNOTE_PATH", str(tmp_path))


def test_importing_kb_loads_none_of_its_dependencies():
    loaded = loaded_by("import kb, kb.errors, kb.paths")
    assert "kb" in loaded
    assert loaded & {*HEAVY, "click", "msgspec", "platformdirs", "pygments"} == set()


def test_importing_every_command_loads_neither_torch_nor_rich():
    loaded = loaded_by(
        "import pycli.main, " + ", ".join(f"pycli.commands.{module_of(name)}" for name in COMMANDS)
    )
    assert {"pycli", "click"} <= loaded
    assert loaded & {"torch", "rich"} == set()


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
    ids=" ".join,
)
def test_commands_that_rank_nothing_load_nothing_heavy(command, ptnote, warm):
    assert ptnote(*command).code == 0
    loaded = loaded_by_command(command)
    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_search_in_a_pipe_loads_whoosh_but_not_rich(ptnote, warm):
    command = ["search", "clipping", "the", "norm"]
    assert ptnote(*command).code == 0
    loaded = loaded_by_command(command)
    assert "whoosh" in loaded
    assert loaded & {"rich", "torch", "yaml"} == set()


PROGRAMS = ("child.py", "guard.py", "kin.py", "server.py")
"""Programs of their own and their parts, which other interpreters run."""


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_need_the_standard_library_alone(program):
    imported = set()
    for node in ast.walk(ast.parse((ROOT / "kb" / "run" / program).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or "").split(".")[0])
    assert "os" in imported
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_and_functions_stay_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MODULE_LINES
    lengths = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", [path for path in KB if path.name not in PROGRAMS], ids=name_of)
def test_the_library_neither_prints_nor_exits(path):
    calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)}
    assert not {"print", "exit", "sys.exit", "os._exit"} & calls


@pytest.mark.parametrize("room", sorted(path for path in ROOT.glob("kb/*/__init__.py")), ids=name_of)
def test_rooms_load_nothing_by_themselves(room):
    assert room.read_text() == ""
