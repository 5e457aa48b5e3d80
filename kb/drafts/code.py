"""The code of a block, parsed: whether it is Python, and which names it defines and lacks."""

from __future__ import annotations

import ast
import re
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from kb.drafts import language
from kb.drafts.markdown import Block

_ONE_AT_A_TIME = threading.Lock()
"""Held while warnings are silenced, which threads cannot do independently."""

_TOO_MUCH = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What compiling a text can raise."""

RESULTS = ("tensor", "array", "torch.Size")
"""Calls as which Python shows values."""

SHOWN = ("tensor", "array", "torch", "nan", "inf", "float32", "int64")
"""The names that stand in what Python shows."""


class Code(Struct, frozen=True, kw_only=True):
    """What is known of the code of a block without running it."""

    text: str
    """The program; without prompts, and without an indent that all lines have."""
    lines: tuple[int, ...]
    """The line of the file that each line of the program stands on."""
    language: str
    fault: str = ""
    """Why it does not parse; empty if it does, or is not Python."""
    at: int = 0
    """The line of the file that does not parse."""
    strays: dict[int, str] = field(default_factory=dict)
    """Lines of the file that parse and are no code, with what they are."""
    defines: frozenset[str] = frozenset()
    """The names that it leaves behind, but for those it imports."""
    imports: dict[str, str] = field(default_factory=dict)
    """The names that it imports, each with a statement that does."""
    lacks: tuple[str, ...] = ()
    """The names that it uses and does not define before."""
    mentions: frozenset[str] = frozenset()
    """Every name that stands in it."""

    @property
    def is_program(self) -> bool:
        """Whether it is Python that parses and holds anything."""
        return self.language == language.PYTHON and not self.fault and bool(self.text.strip())


def code_of(block: Block) -> Code:
    """Parse the code of a block."""
    text, lines = _without_prompts(block)
    tree, fault, at = parsed(text)
    if tree is None and (loose := textwrap.dedent(text)) != text:
        better, worse, where = parsed(loose)
        if better is not None:
            text, tree, fault, at = loose, better, worse, where
    spoken = language.language_of(block.info, block.code, tree is not None and _does_something(tree))
    if tree is not None and tree.body and all(map(_is_result, tree.body)):
        spoken = "output"
    if spoken != language.PYTHON:
        return Code(text=block.code, lines=lines, language=spoken)
    if tree is None:
        line = lines[min(max(at, 1), len(lines)) - 1] if lines else block.line
        told = _told(text.split("\n"), at) or _placed(fault, lines)
        return Code(text=text, lines=lines, language=spoken, fault=told, at=line)
    defines, imports, lacks = _names(tree)
    mentions = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return Code(
        text=text,
        lines=lines,
        language=spoken,
        defines=defines,
        imports=imports,
        lacks=lacks,
        mentions=mentions,
        strays={lines[row - 1]: what for row, what in _strays(tree, lacks)},
    )


def _without_prompts(block: Block) -> tuple[str, tuple[int, ...]]:
    """The code that was typed in a session of Python, if the block is one, and its lines in the file."""
    rows = list(enumerate(block.code.rstrip("\n").split("\n"), block.first))
    if block.code.lstrip().startswith(">>>"):
        prompt = re.compile(r"\s*(?:>>>|\.\.\.) ?")
        rows = [(number, row[found.end() :]) for number, row in rows if (found := prompt.match(row))]
    return "\n".join(row for _, row in rows) + "\n", tuple(number for number, _ in rows)


def parsed(text: str) -> tuple[ast.Module | None, str, int]:
    """The tree of a program; or else what is wrong with it and where, the line counted from 1."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is none of our business
        try:
            tree = ast.parse(text)
            compile(text, "block", "exec", dont_inherit=True)
        except SyntaxError as error:
            return None, (error.msg or "invalid syntax").partition(" (block")[0], error.lineno or 1
        except _TOO_MUCH as error:
            return None, str(error) or "nested too deep", 1
    return tree, "", 0


def _placed(fault: str, lines: Sequence[int]) -> str:
    """What Python says is wrong, with lines of the file in the place of lines of the block."""

    def placed(found: re.Match[str]) -> str:
        row = min(int(found[1]), len(lines))
        return f"on line {lines[row - 1]}" if row else found[0]

    return re.sub(r"on line (\d+)", placed, fault)


def _told(rows: Sequence[str], at: int) -> str:
    """A plainer word for what is wrong in a line than Python has; empty if there is none."""
    row = rows[min(max(at, 1), len(rows)) - 1].strip()
    if row.startswith(("%", "!")):
        return "a command of IPython, not of Python"
    if row.startswith((">>>", "...")):
        return "a prompt, which is not part of the code"
    if re.match(r"(?:tensor\(|array\(|torch\.Size\()", row):
        return "output stands among the code"
    alone = not any(map(str.strip, rows[at:]))
    if re.match(r"class [\w.]*\.\w+\(|(?!def ).*\)\s*-+>\s*[\w.]+$", row) or (
        alone and re.match(r"def [\w.]+\(.*\)(?:\s*-+>\s*[\w.]+)?$", row)
    ):
        return "a signature, not code"
    if re.search(r"\.\.\.\s*$|^\s*\.\.\. ", row):
        return "something was left out at ..."
    return ""


def _does_something(tree: ast.Module) -> bool:
    """Whether a program is more than names and values: plain words parse as well."""
    telling = (ast.Import, ast.ImportFrom, ast.Assign, ast.AugAssign, ast.FunctionDef, ast.ClassDef, ast.For)
    whole = [node for node in tree.body if isinstance(node, (*telling, ast.With, ast.While, ast.If, ast.Try))]
    calls = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    return bool(whole or calls)


def _is_result(node: ast.stmt) -> bool:
    """Whether a statement is what Python shows of a value: a tensor, an array, a size, or a list of them."""
    shown = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(shown, ast.Call | ast.List | ast.Dict | ast.Tuple | ast.Set):
        return False
    if isinstance(shown, ast.Call) and ast.unparse(shown.func) not in RESULTS:
        return False
    return all(node.id in SHOWN for node in ast.walk(shown) if isinstance(node, ast.Name))


def _strays(tree: ast.Module, lacks: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines of a program, counted from 1, that are no code, with what they are."""
    for node in tree.body:
        if _is_result(node):
            yield from ((row, "output stands among the code") for row in _rows(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
            name = node.value.id
            if name in lacks and not name.isascii():
                yield node.lineno, "text stands among the code"


def _rows(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _names(tree: ast.Module) -> tuple[frozenset[str], dict[str, str], tuple[str, ...]]:
    """The names that a program defines, those it imports with their statements, and those it lacks."""
    from pyflakes import messages
    from pyflakes.checker import Checker, ModuleScope

    try:
        checker = Checker(tree, withDoctest=False)
    except RecursionError:
        return frozenset(), {}, ()
    imports = dict(_imports(tree))
    lacks = [m.message_args[0] for m in checker.messages if isinstance(m, messages.UndefinedName)]
    lacks += ["input"] if _takes_input(tree) else []
    bound = {
        name
        for scope in checker.deadScopes
        if isinstance(scope, ModuleScope)
        for name, binding in scope.items()
        if type(binding).__name__ != "Builtin"
    }
    return frozenset(bound - imports.keys()), imports, tuple(dict.fromkeys(lacks))


def _takes_input(tree: ast.Module) -> bool:
    """Whether a program hands on something called `input` without defining it: hardly Python's function."""
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "input"]
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    arguments = any(isinstance(node, ast.arg) and node.arg == "input" for node in ast.walk(tree))
    bound = arguments or any(isinstance(node.ctx, ast.Store) for node in named)
    return not bound and any(node not in called for node in named)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that the statements of a program import, each with a statement of its own."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                yield name, f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__":
            for alias in node.names:
                if alias.name != "*":
                    added = f" as {alias.asname}" if alias.asname else ""
                    yield alias.asname or alias.name, f"from {node.module} import {alias.name}{added}"
