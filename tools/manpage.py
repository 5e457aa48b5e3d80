"""Write the man pages, docs/ptnote.1 in English and docs/ptnote.zh.1 in Chinese, from the commands.

    python tools/manpage.py

A wheel installs them under share/man.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path

import click

from kb import Language, Text, __version__
from pycli.main import COMMANDS, cli
from pycli.terminal.translate import to_chinese

ROOT = Path(__file__).resolve().parent.parent
PAGES: dict[Language, Path] = {"en": ROOT / "docs" / "ptnote.1", "zh": ROOT / "docs" / "ptnote.zh.1"}

SHARED = frozenset({"--lang", "--color", "--no-pager", "--help"})
"""Options of every command, which stand once under the options of ptnote itself."""

TITLES = {
    "name": Text(en="NAME", zh="名称"),
    "synopsis": Text(en="SYNOPSIS", zh="概要"),
    "description": Text(en="DESCRIPTION", zh="描述"),
    "options": Text(en="OPTIONS", zh="选项"),
    "commands": Text(en="COMMANDS", zh="命令"),
    "environment": Text(en="ENVIRONMENT", zh="环境变量"),
    "status": Text(en="EXIT STATUS", zh="退出码"),
    "files": Text(en="FILES", zh="文件"),
    "see_also": Text(en="SEE ALSO", zh="另见"),
}

ENVIRONMENT = {
    "PTNOTE_LANG": Text(
        en="Language of the text and of the program: en, zh, or both. The locale decides if it is not set.",
        zh="内容和界面的语言：en、zh 或 both。不设时看系统的语言环境。",
    ),
    "PTNOTE_PATH": Text(
        en="More folders of entries, separated by colons.", zh="另外的条目文件夹，用冒号隔开。"
    ),
    "PTNOTE_CONFIG": Text(en="The settings file.", zh="设置文件。"),
    "PTNOTE_CACHE_DIR": Text(en="The cache folder.", zh="缓存文件夹。"),
    "PTNOTE_THEME": Text(en="Colors: auto, dark, or light.", zh="配色：auto、dark 或 light。"),
    "PTNOTE_PAGER": Text(
        en="The pager, before that of the settings and PAGER; cat means none.",
        zh="分页程序，优先于设置和 PAGER；cat 表示不分页。",
    ),
    "NO_COLOR": Text(en="Never use colors.", zh="不用颜色。"),
    "FORCE_COLOR": Text(en="Use colors in a pipe, too.", zh="输出到管道时也用颜色。"),
}

LOOK_UP = Text(
    en="Words that begin with no command name an entry, which is shown, or else are a question, which is "
    "answered with the best entry and the next hits.",
    zh="开头不是命令的词：是条目名就显示这个条目，否则当作问题，显示最合适的条目和其余结果。",
)

STATUS = {
    "0": Text(en="Done.", zh="完成。"),
    "1": Text(
        en="Nothing was found, or a snippet or a check failed.", zh="没有找到，或者代码、检查没有通过。"
    ),
    "2": Text(en="The call was wrong.", zh="用法不对。"),
    "77": Text(
        en="Something is missing that is needed; the line on stderr says what.",
        zh="缺少需要的东西，标准错误里会说明缺什么。",
    ),
    "124": Text(en="A snippet took too long.", zh="代码运行超时。"),
    "130": Text(en="Interrupted.", zh="被中断。"),
}

PASSED_ON = Text(
    en="`ptnote run` and `ptnote why --` pass the exit code on of what they have run.",
    zh="ptnote run 和 ptnote why -- 的退出码就是所运行程序的退出码。",
)

FILES = Text(
    en="ptnote paths says where entries, settings, and the cache lie.",
    zh="条目、设置和缓存在哪里，用 ptnote paths 查看。",
)

SEE_ALSO = Text(
    en="ptnote help COMMAND says the same of one command. ptnote show NAME explains a topic of PyTorch.",
    zh="单个命令的用法见 ptnote help COMMAND；PyTorch 的内容见 ptnote show NAME。",
)

Say = Callable[[str], str]


def main() -> None:
    """Write both pages."""
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")


def page(language: Language) -> str:
    """The whole page in one language."""
    return "\n".join(_lines(language)) + "\n"


def _lines(language: Language) -> Iterator[str]:
    say: Say = to_chinese if language == "zh" else str
    yield '.\\" Made by tools/manpage.py'
    if language == "zh":
        yield ".mso zh.tmac"
    yield f'.TH PTNOTE 1 "" "ptnote {__version__}" "ptnote"'
    yield from (".nh", ".ad l")

    def section(name: str) -> str:
        return f".SH {TITLES[name].get(language)}"

    with click.Context(cli, info_name="ptnote", obj={}) as context:
        summary, *examples = cleandoc(cli.help or "").split("\n\n")
        yield from (section("name"), rf"ptnote \- {_text(say(_joined(summary)).rstrip('.。'))}")
        yield section("synopsis")
        yield from _calls(language)
        yield from (section("description"), _text(LOOK_UP.get(language)))
        yield from _paragraphs(examples, say)
        yield section("options")
        yield from _options(cli, context, say)
        yield section("commands")
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            yield from _command(command, click.Context(command, info_name=name, parent=context), say)
    yield section("environment")
    yield from _listed(ENVIRONMENT, language)
    yield section("status")
    yield from _listed(STATUS, language)
    yield from (".PP", _text(PASSED_ON.get(language).replace("`", "")))
    yield from (section("files"), _text(FILES.get(language)))
    yield from (section("see_also"), _text(SEE_ALSO.get(language)))


def _calls(language: Language) -> Iterator[str]:
    """How ptnote is called, besides by its commands."""
    word = Text(en="WORD…", zh="词…").get(language)
    command = Text(en="COMMAND", zh="命令").get(language)
    options = Text(en="OPTIONS", zh="选项").get(language)
    yield from (r"\fBptnote\fR \fI" + _text(word) + r"\fR", ".br")
    yield rf"\fBptnote\fR \fI{command}\fR [\fI{options}\fR] ..."


def _command(command: click.Command, context: click.Context, say: Say) -> Iterator[str]:
    """What is said about one command."""
    arguments = [piece for piece in command.collect_usage_pieces(context) if not piece.startswith("[OPTIONS")]
    yield f".SS {_text(' '.join(['ptnote', context.info_name or '', *arguments]))}"
    first, *rest = cleandoc(command.help or "").split("\n\n")
    yield _text(say(_joined(first)))
    yield from _paragraphs(rest, say)
    yield from _options(command, context, say, leave_out=SHARED)


def _paragraphs(paragraphs: list[str], say: Say) -> Iterator[str]:
    """Paragraphs of a help text; one that begins with a backspace character holds examples."""
    for paragraph in paragraphs:
        yield ".PP"
        if not paragraph.startswith("\b"):
            yield _text(say(_joined(paragraph)))
            continue
        yield from (".RS 4", ".nf")
        for line in paragraph.splitlines()[1:]:
            call, blanks, said = line.strip().rpartition("  ")
            yield _text(f"{call}{blanks}{say(said)}" if call.strip() else line.strip())
        yield from (".fi", ".RE")


def _options(
    command: click.Command, context: click.Context, say: Say, leave_out: frozenset[str] = frozenset()
) -> Iterator[str]:
    for parameter in command.get_params(context):
        shown = isinstance(parameter, click.Option) and not leave_out.intersection(parameter.opts)
        if shown and (record := parameter.get_help_record(context)):
            names, text = record
            said, bracket, extra = text.partition("  [")
            yield from (".TP", rf"\fB{_text(names)}\fR", _text(say(said) + bracket + extra))


def _listed(items: dict[str, Text], language: Language) -> Iterator[str]:
    for name, text in items.items():
        yield from (".TP", rf"\fB{_text(name)}\fR", _text(text.get(language)))


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())


def _text(text: str) -> str:
    """Text as roff understands it."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...")
    return re.sub(r"^(?=[.'])", r"\\&", escaped)


if __name__ == "__main__":
    main()
