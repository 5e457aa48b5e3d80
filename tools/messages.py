"""Add to the catalogue of translations what the program says and the catalogue lacks.

    python tools/messages.py

Babel goes through the sources, and reads and writes the catalogue. What has no translation yet is printed.
Nothing is removed, because a message may be put together from parts, or come from click.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
from babel.messages import extract, pofile
from babel.messages.catalog import Catalog

from kb import errors
from pycli.main import COMMANDS, cli
from pycli.terminal.translate import FILE, to_chinese

ROOT = Path(__file__).resolve().parent.parent

HEADER = """\
# What ptnote says in Chinese. {} stands for what varies, and stands as often in the translation. Of several
# messages that fit a text the first counts, so one within another stands behind it. `just texts` adds what
# this file lacks.
msgid ""
msgstr ""
"Project-Id-Version: ptnote\\n"
"Language: zh_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}

SAYS = {"notice", "say", "UsageError", "NothingRun"} | ERRORS - {"MissingExtra", "UnknownEntry", "Untrusted"}
"""Functions and errors whose first argument is shown to the user; three make it themselves."""

UNSAID = ("agents/", "messages/samples.py")
"""Where kb speaks to programs, or to people who write entries of ptnote itself."""

FINDS = {"Finding", "FolderFinding", "problem", "_problem", "_refusal", "Unreadable", "_Unfit"}
"""Functions and errors one of whose arguments is a finding about an entry, or a part of one."""

FINDINGS = ("kb/check", "kb/content")
"""Where findings come from. There they are also kept in variables and made by generators."""

MADE_OF_PARTS = {"{}: {}", "{}: {}…", "{}: {} → {}", "{}; {}", "{} could not be read; see: ptnote check"}
"""What stands in the program in place of texts that are put together; the parts are translated."""


def main() -> None:
    """Write the catalogue."""
    catalogue = read()
    for text in sorted({*spoken(), *helped(), *found()}):
        if not covered(text):
            catalogue.add(text)
    FILE.write_text(written(catalogue), encoding="utf-8")
    missing = [one.id for one in catalogue if one.id and not one.string]
    sys.stdout.write("".join(f"to be translated: {text}\n" for text in missing))


def read() -> Catalog:
    """The catalogue as it is."""
    with FILE.open("rb") as file:
        return pofile.read_po(file, locale="zh_CN", abort_invalid=True)


def written(catalogue: Catalog) -> str:
    """The text of a catalogue, each message on a line of its own."""
    from io import BytesIO

    made = BytesIO()
    pofile.write_po(made, catalogue, width=0, omit_header=True, no_location=True)
    return HEADER + made.getvalue().decode()


def covered(text: str) -> bool:
    """Whether a text has a translation, perhaps as one of several that are alike."""
    sample = text.replace("{}", "x")
    return to_chinese(sample) != sample


def spoken() -> Iterator[str]:
    """Every text that is said to the user and stands in one place of the program."""
    for room in ("pycli", "kb"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if str(path.relative_to(ROOT / room)).startswith(UNSAID):
                continue
            with path.open("rb") as file:
                for _, text, _, _ in extract.extract(said_in, file, dict.fromkeys(SAYS)):
                    yield str(text)


def said_in(
    file: Any,
    keywords: dict[str, Any],
    comment_tags: object,  # noqa: ARG001 - Babel's signature
    options: object,  # noqa: ARG001
) -> Iterator[tuple[int, str, str, list[str]]]:
    """What a source says, for Babel, whose own reader of Python leaves out texts with parts that vary."""
    for node in ast.walk(ast.parse(file.read())):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = template(node.args[0])
        if name in keywords and text.replace("{}", "").strip(" :→…") and text not in MADE_OF_PARTS:
            yield node.lineno, "", text, []


def found() -> Iterator[str]:
    """Every text that says what is wrong with an entry, and its parts that are sentences themselves."""
    for room in FINDINGS:
        for path in sorted((ROOT / room).glob("*.py")):
            if path.name == "scaffold.py":  # it writes entries, and finds nothing wrong with them
                continue
            for node in ast.walk(ast.parse(path.read_bytes())):
                for text in map(template, _finding(node)):
                    words = text.replace("{}", "").split()
                    if len(words) > 1 and words[0][0] not in "#" and text not in MADE_OF_PARTS:
                        yield text


def _finding(node: ast.AST) -> list[ast.expr]:
    """The expressions of a node that may be texts of findings."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in FINDS:
            texts = node.args
        case ast.Assign(targets=[ast.Name(id="message" | "text" | "advice" | "near")], value=value):
            texts = [value]
        case ast.keyword(arg="message", value=value) | ast.Yield(value=ast.expr() as value):
            texts = [value]
        case ast.Return(value=ast.expr() as value):
            texts = [value]
        case _:
            return []
    return [
        part
        for text in texts
        for part in (
            (text.body, text.orelse)
            if isinstance(text, ast.IfExp)
            else text.values
            if isinstance(text, ast.BoolOp)
            else (text,)
        )
    ]


def template(node: ast.expr) -> str:
    """A text of the program with {} for what varies; empty if it is put together elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def helped() -> Iterator[str]:
    """Every text of the help pages."""
    yield from COMMANDS.values()
    with click.Context(cli, info_name="ptnote", obj={}) as context:
        commands = [cli, *(cli.get_command(context, name) for name in COMMANDS)]
    for command in commands:
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and option.help and not option.hidden:
                yield option.help.partition("  [")[0]
        for paragraph in cleandoc(command.help or "").split("\n\n"):
            yield from _explained(paragraph) if "\b" in paragraph else [" ".join(paragraph.split())]


def _explained(examples: str) -> Iterator[str]:
    """What is said behind examples, each after two blanks."""
    for line in examples.splitlines()[1:]:
        call, _, said = line.strip().rpartition("  ")
        if call.strip() and not said.startswith("ptnote "):
            yield said


if __name__ == "__main__":
    main()
