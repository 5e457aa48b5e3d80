"""The proofs of an entry: the text of `<id>.proofs.py` → `Proof`s. It is parsed, never executed here."""

from __future__ import annotations

import ast
import keyword
import sys
from collections.abc import Iterator
from functools import lru_cache

from kb.content.entry import Proof
from kb.content.problem import Problem

PREFIX = "test_"
"""How the name of a function begins that is a proof."""

GIVEN = "given"
"""The function that returns what the answer takes for granted."""

ANSWER = "answer"
"""The parameter that receives the names which the answer left behind."""

HELPERS = ("raises", "in_ranks")
"""The parameters that receive a function of `kb/run/prove.py`: one demands an exception, the other runs a
function in several processes that form a group."""

_THERE = {"torch", "numpy", *sys.stdlib_module_names}
"""Packages that every proof may import."""

_Function = ast.FunctionDef


def read_proofs(path: str, raw: bytes) -> tuple[tuple[Proof, ...], list[Problem]]:
    """The proofs of a file that holds `raw`, and what is wrong with it, under the code E014."""
    try:
        tree = parsed(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return (), [_problem(path, 1, "not UTF-8; save the file as UTF-8")]
    except SyntaxError as error:
        return (), [_problem(path, error.lineno or 1, f"not Python: {error.msg}")]
    except (ValueError, MemoryError, RecursionError) as error:
        return (), [_problem(path, 1, f"not Python: {error or 'nested too deep'}")]
    functions = [node for node in tree.body if isinstance(node, _Function)]
    shared = _packages(node for node in tree.body if node not in functions)
    shared |= _packages(node for node in functions if not node.name.startswith(PREFIX) and node.name != GIVEN)
    given = _packages(node for node in functions if node.name == GIVEN)
    proofs = [_proof(node, shared, given) for node in functions if node.name.startswith(PREFIX)]
    return tuple(proofs), list(_faults(path, functions))


@lru_cache(maxsize=16)
def parsed(code: str) -> ast.Module:
    """The syntax tree of a program, which several callers look at and none changes. Raises SyntaxError,
    and what else `ast.parse` raises."""
    return ast.parse(code)


def parameter(snippet: str) -> str:
    """The parameter that receives what the snippet of this name left behind."""
    name = snippet.replace("-", "_")
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"snippet_{name}"


def _proof(node: _Function, shared: set[str], given: set[str]) -> Proof:
    names = [argument.arg for argument in node.args.args]
    packages = shared | _packages([node]) | (given if ANSWER in names else set())
    return Proof(
        name=node.name.removeprefix(PREFIX),
        says=" ".join((ast.get_docstring(node) or "").split()),
        line=min([node.lineno, *(one.lineno for one in node.decorator_list)]),
        end=node.end_lineno or node.lineno,
        needs=tuple(name for name in names if name not in HELPERS),
        helpers=tuple(name for name in names if name in HELPERS),
        packages=tuple(sorted(packages)),
    )


def _packages(nodes: Iterator[ast.stmt] | list[_Function]) -> set[str]:
    """The packages that some code imports, but for those that are always there."""
    found: set[str] = set()
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    return found - _THERE - {""}


def _faults(path: str, functions: list[_Function]) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in functions:
        if node.name in seen:
            yield _problem(path, node.lineno, f"{node.name} is defined twice; rename one of them")
        seen.add(node.name)
        arguments = node.args
        if node.name.startswith(PREFIX) and (
            arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs
        ):
            yield _problem(path, node.lineno, f"{node.name} takes plain parameters only: names of snippets")
        if node.name.startswith(PREFIX) and not (ast.get_docstring(node) or "").strip():
            yield _problem(path, node.lineno, f"{node.name} says nothing; its docstring is what it proves")
        if node.name == GIVEN and arguments.args:
            yield _problem(path, node.lineno, "given() takes no parameters")


def _problem(path: str, line: int, message: str) -> Problem:
    return Problem(code="E014", path=path, line=line, message=message)
