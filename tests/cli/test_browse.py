"""`ptnote browse`: what is typed, shown, run, changed, and copied, through the keys that a user presses."""

import asyncio
import contextlib
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content
from textual.widgets import Input, TextArea

from kb import Library, Settings
from pycli import ending
from pycli.browse import keys, texts
from pycli.browse.app import Browse
from pycli.browse.ask import Ask
from pycli.browse.code import CodeView
from pycli.browse.drawing import HANG, drawn
from pycli.browse.find import FindScreen
from pycli.browse.help import Help
from pycli.browse.keep import Keep
from pycli.browse.keys import KeyLine
from pycli.browse.lines import KEPT, Lines
from pycli.browse.output import Output
from pycli.browse.page import PageScreen
from pycli.browse.paste import PasteScreen
from pycli.browse.results import Results
from pycli.terminal.blocks import Code, Prose, Verbatim
from pycli.terminal.output import Screen
from pycli.terminal.wrap import columns
from tests.conftest import ROOT
from tests.processes import PATIENCE, gone

CHINESE = re.compile(r"[\u3400-\u9fff]")


def needs_torch(test):
    """Marks a test that runs snippets, for which torch is imported anew."""
    return pytest.mark.slow(pytest.mark.needs_torch(test))


async def until(true, what=""):
    """Let the application work until something holds."""
    for _ in range(int(PATIENCE / 0.02)):
        if found := true():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited in vain until {what or true}")


def shown(app) -> str:
    """What stands on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def said_to_user(app) -> str:
    """The lines that stand in a corner of the screen for a few seconds."""
    return "\n".join(notice.message for notice in app._notifications)


def browsing(scenario, query="", size=(80, 24), lang="en", library=None, **settings):
    """Play a scenario, a coroutine that is given the application and a pilot."""

    async def play():
        app = Browse(library or Library.load(), Screen(lang), Settings(**settings), query)
        if library is not None:
            app.reload = lambda: library
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(play())


async def found(app, id):
    """Wait until the first hit is this one."""
    results = app.screen_stack[1].query_one(Results)
    await until(lambda: results.chosen == id, f"{id} is found, not {results.chosen}")


async def ran(app):
    """Wait until a run has ended; the last line then."""
    await until(lambda: not app.screen.busy, "the run ends")
    await until(lambda: app.screen.query_one(Output)._timer is None)
    return str(app.screen.query_one("#facts").render())


def written(app) -> str:
    """What the last run has written."""
    return str(app.screen.query_one("#text").render())


# Ending


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_midst_of_something_quits(number):
    """An exception there would end the event loop, and a run would never be ended."""

    async def scenario(app, pilot):
        app.call_later(signal.raise_signal, number)
        await until(lambda: not app.is_running, "it quits")
        assert (app.return_code, app.ended_by) == (128 + number, number)

    before = signal.signal(
        number, signal.SIG_DFL
    )  # a shell ignores SIGINT for what it runs in the background
    try:
        with ending.unwinding():
            browsing(scenario)
    finally:
        signal.signal(number, before)


# Searching


@pytest.mark.parametrize("query", ["one-hot", "独热", "how do I encode labels as one hot"])
def test_what_is_typed_is_searched_for(query):
    async def scenario(app, pilot):
        await pilot.press(*query)
        await found(app, "one-hot")
        await pilot.pause()
        assert "One-hot encoding" in shown(app)
        assert "dense = F.one_hot(labels, num_classes=C)" in shown(app)

    browsing(scenario, size=(120, 30))


def test_letters_search_in_the_box_and_act_in_the_list():
    async def scenario(app, pilot):
        await pilot.press(*"rvyqeldw/?")
        assert app.screen.query_one(Input).value == "rvyqeldw/?"
        assert "List: letters act there" in shown(app)
        await pilot.press("escape")
        assert app.screen.query_one(Input).value == ""
        await pilot.press("down")
        assert app.screen.query_one(Results).has_focus
        assert "r Run" in shown(app)
        await pilot.press("l")
        assert app.languages == ("zh",)
        assert "r 运行" in shown(app)
        await pilot.press("slash")
        assert app.screen.query_one(Input).has_focus

    browsing(scenario)


def test_nothing_typed_lists_every_entry_by_category():
    async def scenario(app, pilot):
        results = app.screen.query_one(Results)
        ids = [option.id for option in results.options if option.id]
        assert ids == list(app.library.heads)
        assert len(results.options) == len(ids) + len({h.category for h in app.library.heads.values()})
        assert results.chosen == ids[0]

    browsing(scenario)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("graident cliping", "searched for: graident → gradient"),
        ("zzzzqqqq", "nothing found for 'zzzzqqqq'"),
        ("???", "nothing found for '???'"),
        ("[red]x[/red] [/]", ""),
    ],
)
def test_what_is_to_know_about_a_search_is_said(query, said):
    async def scenario(app, pilot):
        await until(lambda: "searching" not in str(app.screen.query_one(Results).border_title))
        await pilot.pause()
        assert said in shown(app)

    browsing(scenario, query, size=(100, 24))


def test_a_search_that_takes_long_blocks_no_typing_and_the_last_one_counts(monkeypatch):
    started, may_go_on, searched = threading.Event(), threading.Event(), []
    search = Library.search

    def slowly(self, query, *rest):
        searched.append(query)
        started.set()
        assert may_go_on.wait(PATIENCE)
        return search(self, query, *rest)

    monkeypatch.setattr(Library, "search", slowly)

    async def scenario(app, pilot):
        await pilot.press("o")
        await until(started.is_set)
        await pilot.press(*"ne-hot")
        assert app.screen.query_one(Input).value == "one-hot"
        may_go_on.set()
        await found(app, "one-hot")

    browsing(scenario)
    assert searched[0] == "o"
    assert searched[-1] == "one-hot"
    assert len(searched) < len("one-hot")


# Reading


def test_enter_opens_the_page_and_escape_leaves_it():
    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PageScreen)
        assert shown(app).startswith(" One-hot encoding")
        assert len(app.screen.query(CodeView)) == 1 + len(app.library.get("one-hot").snippets)
        await pilot.press("escape")
        assert isinstance(app.screen, FindScreen)

    browsing(scenario, "one-hot")


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_every_screen_fits_every_size_in_every_language(size, lang):
    async def scenario(app, pilot):
        await found(app, "one-hot")
        for key in ("down", "enter", "v", "escape", "escape", "w", "f1"):
            await pilot.press(key)
            await pilot.pause()
            lines = shown(app).split("\n")
            assert len(lines) == size[1]
            assert all(columns(line) <= size[0] for line in lines)
            assert lines[-1].strip() or key == "f1"
            if lang == "zh":
                assert CHINESE.search(lines[-1]) or key == "f1"

    browsing(scenario, "one-hot", size=size, lang=lang)


def test_a_click_chooses_and_a_click_on_the_chosen_opens():
    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.click(Results, offset=(5, 3))
        second = app.screen.query_one(Results).chosen
        assert second != "one-hot"
        assert isinstance(app.screen, FindScreen)
        await pilot.click(Results, offset=(5, 3))
        await pilot.pause()
        assert isinstance(app.screen, PageScreen)
        assert app.screen._entry.id == second

    browsing(scenario, "one-hot")


def test_the_keys_at_the_bottom_can_be_clicked():
    async def scenario(app, pilot):
        await pilot.press("down")
        line = str(app.screen.query_one(KeyLine).render())
        await pilot.click(KeyLine, offset=(line.index("l Lang"), 0))
        assert app.languages == ("zh",)

    browsing(scenario)


def test_the_language_changes_every_screen():
    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter", "l")
        await pilot.pause()
        assert "独热编码" in shown(app)
        assert "Run" not in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "独热编码" in shown(app)
        assert "搜索" in shown(app)
        assert "设备：自动" in shown(app)
        await pilot.press("f2")
        assert app.languages == ("en", "zh")
        assert "One-hot encoding · 独热编码" in shown(app)

    browsing(scenario, "one-hot", size=(120, 30))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_help_names_every_key(lang):
    async def scenario(app, pilot):
        await pilot.press("f1")
        await pilot.pause()
        for group in (keys.TYPING, keys.LIST, keys.PAGE, keys.CHANGING, keys.PASTING, keys.EVERYWHERE):
            for key in group:
                assert key.long.get(lang) in shown(app)
                assert key.shown in shown(app)
        await pilot.press("x")
        assert isinstance(app.screen, FindScreen)

    browsing(scenario, lang=lang, size=(100, 80))


def test_every_text_exists_in_both_languages():
    said = [*texts.TEXTS.values()]
    for group in (keys.TYPING, keys.LIST, keys.PAGE, keys.CHANGING, keys.PASTING, keys.EVERYWHERE):
        said += [text for key in group for text in (key.short, key.long) if text.en]
    for text in said:
        assert CHINESE.search(text.zh), text
        assert not CHINESE.search(text.en), text
        assert re.findall(r"\{\w+\}", text.en) == sorted(re.findall(r"\{\w+\}", text.zh), key=text.en.index)


# Running


@needs_torch
def test_a_run_shows_its_output_as_it_comes_and_how_it_ended(monkeypatch):
    code = "import time\nprint('first')\nwhile True:\n    time.sleep(0.1)\n"

    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter", "v")
        await pilot.pause()
        app.screen.query_one(TextArea).text = code
        await pilot.press("ctrl+r")
        await until(lambda: "first" in written(app))
        assert app.screen.busy
        assert "running one-hot/default on auto" in shown(app)
        await pilot.press("ctrl+c")
        assert await ran(app) == "one-hot/default-changed stopped"
        await pilot.press("escape", "u", "r")
        assert re.match(r"passed · cpu · torch 2\.\S+ · [\d.]+ s · peak \d+ MiB", await ran(app))
        assert "tensor([0, 2, 1, 3])" in written(app)

    browsing(scenario, "one-hot")


@needs_torch
def test_the_second_run_comes_from_the_same_warm_process():
    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("down", "r")
        await until(lambda: isinstance(app.screen, PageScreen))
        await ran(app)
        pid = app.runner._warm.pid
        await pilot.press("2", "r")
        await ran(app)
        assert app.runner._warm.pid == pid
        assert "one-hot/mask" in str(app.screen.query_one(Output).border_title)

    browsing(scenario, "one-hot")


@needs_torch
def test_a_copy_is_changed_in_place_run_kept_and_given_up():
    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("down", "v")
        area = await until(lambda: next(iter(app.screen.query(TextArea)), None))
        assert area.has_focus
        area.text = area.text.replace("print(dense)", "print('mine')")
        await pilot.press("ctrl+r")
        assert "passed" in await ran(app)
        assert "mine" in written(app)
        await pilot.press("escape", "escape", "enter")
        await pilot.pause()
        view = next(view for view in app.screen.query(CodeView) if view.number == 1)
        assert "print('mine')" in view.code
        assert app.copies == {("one-hot", "default"): view.code}
        await pilot.press("ctrl+q")
        await until(lambda: isinstance(app.screen, Ask))
        assert "one-hot/default" in shown(app)
        await pilot.press("n", "1", "u")
        await pilot.pause()
        assert app.copies == {}
        assert view.code == view.original

    browsing(scenario, "one-hot")


@needs_torch
def test_an_error_is_shown_and_why_explains_it():
    async def scenario(app, pilot):
        await found(app, "linear-shape")
        await pilot.press("down", "v")
        area = await until(lambda: next(iter(app.screen.query(TextArea)), None))
        area.text = "import torch\ntorch.nn.Linear(64, 10)(torch.zeros(2, 128))\n"
        await pilot.press("f5")
        assert "exit 1" in await ran(app)
        assert "w explains this error" in await ran(app)
        assert "mat1 and mat2 shapes cannot be multiplied (2x128 and 64x10)" in written(app)
        await pilot.press("escape", "w")
        await until(lambda: isinstance(app.screen, PasteScreen))
        await until(lambda: "linear-shape" in shown(app))
        await pilot.press("ctrl+o")
        await until(lambda: isinstance(app.screen, PageScreen))
        assert app.screen._entry.id == "linear-shape"

    browsing(scenario, "linear-shape", size=(100, 40))


@needs_torch
@pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated")  # in textual-image
def test_pictures_are_shown_and_damaged_ones_named():
    code = (
        "from PIL import Image\nImage.new('RGB', (80, 40), 'red').save('red.png')\n"
        "open('broken.png', 'wb').write(b'not a picture')\nimport os\nos.symlink('/etc/passwd', 'link.png')\n"
    )

    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter", "v")
        await pilot.pause()
        app.screen.query_one(TextArea).text = code
        await pilot.press("ctrl+r")
        assert "wrote broken.png, red.png" in await ran(app)
        output = app.screen.query_one(Output)
        ((picture, _),) = await until(lambda: output._pictures)
        assert (picture.styles.width.value, picture.styles.height.value) == (20, 5)
        said = [str(one.render()) for one in app.screen.query("#pictures Static")]
        assert any("cannot show broken.png" in line for line in said)
        assert any("cannot show link.png: no regular file" in line for line in said)

    browsing(scenario, "one-hot")


@needs_torch
def test_foreign_code_is_asked_about_once(own_library):
    library = Library.load(own_library)

    async def scenario(app, pilot):
        await found(app, "passes")
        await pilot.press("enter", "r")
        await until(lambda: isinstance(app.screen, Ask))
        assert "not part of ptnote" in shown(app)
        assert app.screen._place.startswith(f"{own_library / 'basics' / 'passes.yaml'}:")
        await pilot.press("enter")
        assert await ran(app) == "nothing was run"
        await pilot.press("r")
        await until(lambda: isinstance(app.screen, Ask))
        row = (
            shown(app).split("\n").index(next(line for line in shown(app).split("\n") if "y  Run it" in line))
        )
        await pilot.click(offset=(shown(app).split("\n")[row].index("y  Run it") + 3, row))
        assert "passed" in await ran(app)
        await pilot.press("r")
        assert "passed" in await ran(app)

    browsing(scenario, "passes", size=(100, 30), library=library)


@needs_torch
def test_leaving_while_a_snippet_runs_ends_it(tmp_path):
    mark = tmp_path / "mark"
    pids = []

    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter", "v")
        await pilot.pause()
        code = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
        app.screen.query_one(TextArea).text = code
        await pilot.press("ctrl+r")
        pids.append(int(await until(lambda: mark.exists() and mark.read_text())))

    browsing(scenario, "one-hot")
    assert gone(pids[0])


def test_a_device_is_chosen_among_those_that_torch_finds(monkeypatch):
    monkeypatch.setattr("kb.run.runner.Runner.devices", ("cpu", "cuda"))

    async def scenario(app, pilot):
        for device in ("cpu", "cuda", ""):
            await pilot.press("f3")
            await until(lambda device=device: app.runner.settings.device == device)
            await pilot.pause()
            assert f"device: {device or 'auto'}" in shown(app)

    browsing(scenario)


# Copying and editing


@pytest.mark.parametrize("remote", [True, False])
def test_code_is_copied_here_or_by_the_terminal(monkeypatch, remote):
    for name in ("SSH_CONNECTION", "SSH_TTY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    if remote:
        monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")
    here = []
    monkeypatch.setattr("pyperclip.copy", here.append)

    async def scenario(app, pilot):
        await found(app, "one-hot")
        entry = app.library.get("one-hot")
        await pilot.press("down", "y")
        await until(lambda: app.clipboard if remote else here)
        assert (app.clipboard if remote else here[-1]) == entry.answer
        wanted = "terminal's clipboard: one-hot" if remote else "copied: one-hot"
        await until(lambda: wanted in said_to_user(app))
        await pilot.press("enter", "2", "y")
        await until(lambda: (app.clipboard if remote else here[-1]) == entry.snippets[1].code)
        assert bool(here) is not remote

    browsing(scenario, "one-hot")


def test_without_a_clipboard_the_terminal_has_to_do_it(monkeypatch):
    def no_clipboard(text):
        raise OSError("no xclip")

    for name in ("SSH_CONNECTION", "SSH_TTY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pyperclip.copy", no_clipboard)

    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("down", "y")
        await until(lambda: app.clipboard == app.library.get("one-hot").answer)

    browsing(scenario, "one-hot")


def script(path, text):
    """An executable file."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_editing_a_built_in_entry_makes_a_copy_that_hides_it(monkeypatch, tmp_path):
    monkeypatch.setenv(
        "VISUAL", script(tmp_path / "editor", "sed -i 's/One-hot encoding/My own title/' \"$1\"")
    )
    monkeypatch.chdir(tmp_path)

    async def scenario(app, pilot):
        app.suspend = contextlib.nullcontext
        await found(app, "one-hot")
        await pilot.press("enter", "e")
        await until(lambda: app.library.heads["one-hot"].layer == "user")
        await until(lambda: "My own title" in shown(app))
        assert "an entry of your own, hides the built-in entry" in shown(app)
        assert "My own title" in Path(app.library.heads["one-hot"].path).read_text()
        await pilot.press("escape")
        await until(lambda: "My own title" in shown(app))

    browsing(scenario, "one-hot", size=(100, 30))


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("", "no editor is set"),
        ("/nowhere/editor --wait", "cannot start the editor /nowhere/editor"),
        ("false", "the editor false ended with exit code 1"),
        ("true", "not changed"),
    ],
)
def test_what_keeps_an_entry_from_being_edited_is_said(monkeypatch, tmp_path, editor, said):
    monkeypatch.setenv("VISUAL", editor)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.chdir(tmp_path)

    async def scenario(app, pilot):
        app.suspend = contextlib.nullcontext
        await found(app, "one-hot")
        await pilot.press("down", "e")
        await until(lambda: said in said_to_user(app))
        assert app.library.heads["one-hot"].layer == "built-in"

    browsing(scenario, "one-hot", size=(120, 30))


def test_a_file_that_breaks_the_rules_is_named_with_its_line(own_library, monkeypatch, tmp_path):
    monkeypatch.setenv("PTNOTE_PATH", str(own_library))
    monkeypatch.setenv("VISUAL", script(tmp_path / "editor", "sed -i 's/^tags:/tgas:/' \"$1\""))

    async def scenario(app, pilot):
        app.suspend = contextlib.nullcontext
        await found(app, "passes")
        await pilot.press("down", "e")
        await until(lambda: "tgas" in said_to_user(app))
        assert "passes.yaml:4: " in said_to_user(app)

    browsing(scenario, "passes", size=(140, 30))


@needs_torch
def test_a_changed_copy_is_kept_as_an_own_entry(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    async def scenario(app, pilot):
        await found(app, "one-hot")
        await pilot.press("enter", "s")
        await until(lambda: "not changed" in said_to_user(app))
        await pilot.press("v")
        area = await until(lambda: next(iter(app.screen.query(TextArea)), None))
        area.text = "print('kept')\n"
        await pilot.press("ctrl+r")
        assert "passed" in await ran(app)
        await pilot.press("escape", "s")
        box = await until(lambda: isinstance(app.screen, Keep) and app.screen.query_one(Input))
        box.value = "Bad Id"
        await pilot.press("enter")
        await until(lambda: str(app.screen.query_one("#wrong").render()))
        box.value = "my-one-hot"
        await pilot.press("enter")
        await until(lambda: "my-one-hot" in app.library.heads)
        assert app.copies == {}
        (snippet,) = app.library.get("my-one-hot").snippets
        assert (snippet.code, snippet.output) == ("print('kept')\n", "kept\n")

    browsing(scenario, "one-hot")


# Explaining


def test_a_pasted_error_is_explained_in_the_language_that_is_spoken():
    async def scenario(app, pilot):
        await pilot.press("f4")
        await until(lambda: isinstance(app.screen, PasteScreen))
        app.screen.query_one(TextArea).text = "mat1 and mat2 shapes cannot be multiplied (2x128 and 64x10)"
        await until(lambda: "linear-shape" in shown(app))
        assert "Fix" in shown(app)
        await pilot.press("f2")
        await pilot.pause()
        assert "改法" in shown(app)
        await pilot.press("ctrl+l")
        await until(lambda: "linear-shape" not in shown(app))
        await pilot.press("escape")
        assert isinstance(app.screen, FindScreen)

    browsing(scenario, size=(100, 40))


# What is shown is only shown


EVIL = "[bold red]x[/] [@click=app.exit]y[/] $accent [/nothing]"


def test_markup_in_an_entry_is_shown_as_it_is(own_library):
    text = (own_library / "basics" / "passes.yaml").read_text()
    for said in (
        "A snippet that passes",
        "能通过的片段",
        "Adds two tensors.",
        "两个张量相加。",
        "Add",
        "相加",
    ):
        text = text.replace(f'"{said}"', f'"{EVIL}"')
    (own_library / "basics" / "evil.yaml").write_text(text)
    library = Library.load(own_library)
    assert "evil" in library.heads, library.problems

    async def scenario(app, pilot):
        for key in ("down", "enter", "f1"):
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(app.screen, FindScreen | PageScreen | Help)
        await pilot.press("f1", "escape")
        await pilot.pause()
        assert "[bold red]x[/]" in shown(app)

    browsing(scenario, "evil", size=(200, 30), library=library)


def test_output_commands_no_terminal():
    lines = Lines()
    lines.add("stdout", "a\x1b[2J[red]b[/]\n")
    assert lines.drawn().plain == "a\\x1b[2J[red]b[/]"


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("ab\n\r", max_size=6))))
def test_lines_are_what_a_terminal_would_show(pieces):
    """For one stream at a time; a carriage return writes over what stands on its line."""
    lines = Lines()
    for _, text in pieces:
        lines.add("stdout", text)
    whole = "".join(text for _, text in pieces)
    wanted = [line.rstrip("\r").rpartition("\r")[2] for line in whole.replace("\r\n", "\n").split("\n")]
    if not whole or whole.endswith("\n"):
        wanted.pop()
    assert lines.drawn().plain.split("\n") == (wanted or [""])


def test_streams_do_not_meet_in_a_line():
    lines = Lines()
    lines.add("stdout", "half")
    lines.add("stderr", "Warning\n")
    lines.add("stdout", "\nwhole\n")
    assert lines.drawn().plain.split("\n") == ["half", "Warning", "", "whole"]


def test_the_last_lines_of_much_output_are_kept():
    lines = Lines()
    lines.add("stdout", "".join(f"{i}\n" for i in range(KEPT + 7)))
    assert lines.dropped == 7
    assert lines.drawn().plain.endswith(f"{KEPT + 6}")


@given(st.text("ab ,([é中\n", max_size=60), st.integers(8, 30), st.sampled_from([Code, Verbatim]))
def test_broken_lines_fit_and_lose_nothing_but_blanks(text, width, kind):
    content = drawn([kind(text)], width)
    assert all(columns(line) <= width for line in content.plain.split("\n"))
    together = re.sub(rf"\s*\n\s*{HANG}", "", content.plain)
    assert "".join(together.split()) == "".join(text.split())


def test_prose_is_laid_out_anew_for_every_width():
    assert drawn([Prose("one two three")], 80).plain == "one two three"
    assert drawn([Prose("one two three")], 8).plain == "one two\nthree"
    assert isinstance(drawn([], 8), Content)


# The command


def test_without_a_terminal_it_says_what_to_do_instead(ptnote):
    done = ptnote("browse")
    assert (done.code, done.out) == (2, "")
    assert done.err == "ptnote: browse needs a terminal; elsewhere, try: ptnote search …\n"
    assert "终端" in ptnote("-L", "zh", "browse").err


def test_without_textual_it_says_what_to_install():
    program = """
import os, pty, sys
sys.modules["textual"] = None
leader, follower = pty.openpty()
for stream in (0, 1):
    os.dup2(follower, stream)
sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
sys.stderr.isatty = lambda: True
from pycli.main import main
main(["browse"])
"""
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert done.returncode == 77
    (line,) = done.stderr.splitlines()
    assert line.startswith("ptnote: ptnote browse needs more packages")
    assert line.endswith("pip install 'ptnote-pytorch[browse]'")
