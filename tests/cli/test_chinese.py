"""The interface in Chinese: nothing that it says is left in English by oversight."""

import ast
import re

import click
import pytest

from pycli.main import COMMANDS, cli
from pycli.terminal.translate import catalogue, to_chinese
from tests.cli.helpers import on_terminal, one_line
from tests.conftest import ROOT

CHINESE = re.compile(r"[\u3400-\u9fff]")

SPOKEN = {"notice", "say", "UsageError", "KbError", "BadQuery", "BadSetting", "NothingRun"}
"""Functions and errors whose first argument is shown to the user."""

MADE_OF_PARTS = {"{}: {}", "{}: {}…", "{}: {} → {}", "{} could not be read; see: ptnote check"}
"""What stands in the program in place of texts that are put together; the parts are translated."""


def template(node: ast.expr) -> str:
    """A text of the program with {} for what varies; empty if it is put together elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def spoken() -> set[str]:
    """Every text of the command line that is said to the user and stands in one place of the program."""
    found = set()
    for path in (ROOT / "pycli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name in SPOKEN:
                    found.add(template(node.args[0]))
    return {text for text in found if CHINESE.sub("", text).strip("{} :→…")} - MADE_OF_PARTS


def test_everything_that_is_said_has_a_translation():
    texts = spoken()
    assert len(texts) > 30
    assert [
        text for text in sorted(texts) if to_chinese(text.replace("{}", "x")) == text.replace("{}", "x")
    ] == []


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_help_text_has_a_translation(ptnote, name):
    page = ptnote("-L", "zh", *([name] if name else []), "--help").out
    assert page.startswith("用法：ptnote")
    with click.Context(cli, obj={}) as context:
        command = cli.get_command(context, name) if name else cli
        parameters = command.get_params(context)
    english = [one.help for one in parameters if isinstance(one, click.Option) and not one.hidden]
    english += [" ".join(part.split()) for part in (command.help or "").split("\n\n") if "\b" not in part]
    for text in english:
        assert CHINESE.search(to_chinese(text)), text
        assert text not in page
    assert "Options:" not in page


def test_the_catalogue_is_well_formed():
    exact, patterns = catalogue()
    for english, chinese in [*exact.items(), *patterns]:
        assert CHINESE.search(chinese), english
        assert not CHINESE.search(english), english
        assert english.count("{}") == chinese.count("{}"), english
    texts = [english for english, _ in patterns]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "onehott"], "没有条目“onehott”，是不是：one-hot？"),
        (["run", "one-hot", "nope"], "条目“one-hot”里没有代码“nope”"),
        (["list", "losess"], "没有标签或类别“losess”"),
        (["search"], "没有要搜索的词"),
        (["show"], "缺少参数 NAMES...；查看用法：ptnote show --help"),
        (["search", "-n", "0", "x"], "0 不在范围 x>=1 之内；查看用法：ptnote search --help"),
        (["search", "x", "--color", "pink"], "不在可选值"),
        (["one-hot", "--colour", "x"], "没有选项 --colour，是不是 --color？；查看用法：ptnote --help"),
        (["serach", "amp"], "没有命令“serach”，是不是想输入：ptnote search amp？"),
        (["help", "one-hot"], "没有命令“one-hot”"),
        (["check", "nowhere.yaml"], "没有这个文件：nowhere.yaml"),
    ],
)
def test_errors_speak_chinese(ptnote, arguments, said):
    for call in (
        {"arguments": ["-L", "zh", *arguments]},
        {"env": {"PTNOTE_LANG": "zh"}, "arguments": arguments},
    ):
        done = ptnote(*call["arguments"], env=call.get("env"))
        assert done.code in (1, 2)
        one_line(done, said)


def test_lists_speak_the_chosen_language():
    assert "损失函数" in on_terminal("categories", "-L", "zh")
    assert "Loss functions" in on_terminal("categories", "-L", "en")
    assert "损失函数" in on_terminal("list", "losses", "-L", "zh", "--no-pager")


def test_a_terminal_is_asked_in_chinese():
    assert "是不是想输入：ptnote search amp --ids？ [Y/n]" in on_terminal(
        "-L", "zh", "serach", "amp", "--ids", typed="\n"
    )


def test_english_stays_english(ptnote):
    for arguments in (["help"], ["-L", "en", "run", "--help"], ["-L", "both", "help"]):
        assert "Usage: ptnote" in ptnote(*arguments).out
