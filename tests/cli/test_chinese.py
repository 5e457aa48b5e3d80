"""The interface in Chinese: nothing that it says is left in English by oversight."""

import io
import re

import click
import pytest
from hypothesis import given, strategies

from pycli.main import COMMANDS, cli
from pycli.terminal import translate
from pycli.terminal.translate import FILE, catalogue, to_chinese
from pycli.terminal.wrap import columns as wide
from tests.cli.helpers import on_terminal, one_line
from tests.conftest import ROOT

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def messages(monkeypatch):
    """The tool that fills the catalogue."""
    pytest.importorskip("babel")
    monkeypatch.syspath_prepend(ROOT / "tools")
    import messages

    return messages


def test_everything_that_is_said_has_a_translation(messages):
    texts = set(messages.spoken())
    assert len(texts) > 50
    assert [text for text in sorted(texts) if not messages.covered(text)] == []


def test_everything_that_is_found_wrong_has_a_translation(messages):
    texts = set(messages.found())
    assert len(texts) > 100
    assert [text for text in sorted(texts) if not messages.covered(text)] == []


def test_everything_that_help_says_has_a_translation(messages):
    texts = set(messages.helped())
    assert len(texts) > 50
    assert [text for text in sorted(texts) if not messages.covered(text)] == []


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


def test_the_catalogue_is_complete_and_well_formed(messages):
    whole = messages.read()
    assert [problem for _, problems in whole.check() for problem in problems] == []
    assert not whole.obsolete
    assert not whole.fuzzy
    told = {message.id: message.string for message in whole if message.id}
    for english, chinese in told.items():
        assert CHINESE.search(chinese), english
        assert not CHINESE.search(english), english
        assert english.count("{}") == chinese.count("{}"), english
    exact, patterns = catalogue()
    assert {**exact, **dict(patterns)} == told
    assert messages.written(whole) == FILE.read_text()


TEXTS = strategies.text(
    strategies.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1
)


@given(pairs=strategies.dictionaries(TEXTS, TEXTS, max_size=5), width=strategies.sampled_from([0, 20, 76]))
def test_a_catalogue_is_read_as_babel_writes_it(pairs, width):
    """Editors of catalogues break long texts over lines."""
    pofile = pytest.importorskip("babel.messages.pofile")
    from babel.messages.catalog import Catalog

    made = Catalog(locale="zh_CN")
    for english, chinese in pairs.items():
        made.add(english, chinese)
    written = io.BytesIO()
    pofile.write_po(written, made, width=width)
    assert dict(translate.read(written.getvalue().decode())) == pairs


def test_what_is_not_translated_yet_is_said_in_english():
    text = 'msgid "one"\nmsgstr ""\n\n#~ msgid "two"\n#~ msgstr "二"\n\nmsgid "three"\nmsgstr "三"\n'
    assert dict(translate.read(text)) == {"three": "三"}


def test_messages_within_others_are_told_apart():
    assert to_chinese("nothing to search for; try: ptnote search amp").startswith("没有要搜索的词")
    assert to_chinese("cannot read x.md: Permission denied") == "读不了 x.md：没有权限"


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


def test_what_is_wrong_with_an_entry_is_said_in_chinese(ptnote, tmp_path):
    """By a rule and by the reader of files, with what varies in the place that it has in Chinese."""
    (tmp_path / "own").mkdir()
    text = '{format: 2, title: "Ab", summary: s, explain: e, see_also: [one-hott], snippets: [%s]}'
    for name, snippet in {
        "rule": "{name: first, code: print(1)}",
        "read": "{name: 1, kode: print(1)}",
    }.items():
        (tmp_path / "own" / f"{name}.yaml").write_text(text % snippet)
    done = ptnote("-L", "zh", "check", str(tmp_path), env={"PTNOTE_PATH": str(tmp_path)})
    assert "E110 第一段代码的名字必须是“default”\n" in done.out
    assert "E104 see_also 里的“one-hott”不是别的条目；是不是想输入：one-hot？\n" in done.out
    assert "E005 没有字段“kode”；是不是 'code'？\n" in done.out
    assert "E007 snippets.0.name：应为 `str`，实际是 `int`\n" in done.out
    english = ptnote("check", str(tmp_path), env={"PTNOTE_PATH": str(tmp_path)})
    assert "E104 see_also 'one-hott' is no other entry; did you mean: one-hot?\n" in english.out


@pytest.mark.parametrize(
    ("settings", "said"), [("lang = 1", "config.toml"), ("lang = 'xx'", "不对"), (None, "普通文件")]
)
def test_what_is_wrong_with_the_settings_is_said_in_chinese(ptnote, tmp_path, settings, said):
    path = tmp_path / "config.toml"
    path.write_text(settings) if settings else path.mkdir()
    for call in ({"PTNOTE_LANG": "zh"}, {"LC_ALL": "zh_CN.UTF-8"}):
        done = ptnote("list", env={"PTNOTE_CONFIG": str(path), **call})
        assert done.code == 2
        one_line(done, said)
        assert CHINESE.search(done.err)


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


EXAMPLES = ("ptnote ", "python ", "echo ", "bash ", "zsh ", "fish ")
"""What lines of help pages begin with that are commands to copy, which are not broken."""


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [40, 80])
def test_help_fits_the_terminal(ptnote, language, columns):
    for name in ("", *COMMANDS):
        done = ptnote("-L", language, *([name] if name else []), "--help", env={"COLUMNS": str(columns)})
        assert done.code == 0
        in_prose = [line for line in done.out.splitlines() if not line.lstrip().startswith(EXAMPLES)]
        assert [line for line in in_prose if wide(line) > columns] == []
