"""The keys of the browser: what each does, and the line at the bottom that says so."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from kb import Text
from pycli.terminal.labels import Languages


class Key(NamedTuple):
    """One key."""

    keys: str
    """As Textual calls them, several separated by commas; empty for what a widget does by itself."""
    action: str
    """What Textual does for it, and for a click on the line at the bottom."""
    shown: str
    short: Text
    """A word for the line at the bottom; what has none stands only in the help."""
    long: Text
    """A line for the help."""


OPEN = Key("", "screen.open", "⏎", Text(en="Open", zh="打开"), Text(en="open the whole page", zh="打开整页"))
RUN = Key(
    "r", "screen.run", "r", Text(en="Run", zh="运行"), Text(en="run the chosen code", zh="运行选中的代码")
)
CHANGE = Key(
    "v",
    "screen.change",
    "v",
    Text(en="Change", zh="改"),
    Text(en="change the code in place, and run your copy", zh="就地修改代码，运行改过的副本"),
)
COPY = Key("y", "screen.copy", "y", Text(en="Copy", zh="复制"), Text(en="copy the code", zh="复制代码"))
EDIT = Key(
    "e",
    "screen.edit",
    "e",
    Text(en="Edit", zh="编辑"),
    Text(en="open the entry's file in $EDITOR", zh="用 $EDITOR 打开条目的文件"),
)
WHY = Key(
    "w",
    "app.why",
    "w",
    Text(en="Error", zh="报错"),
    Text(en="paste an error and see its cause", zh="贴报错，看原因和改法"),
)
LANGUAGE = Key(
    "l",
    "app.language",
    "l",
    Text(en="Lang", zh="语言"),
    Text(en="English, Chinese, both", zh="英文、中文、双语"),
)
DEVICE = Key(
    "d",
    "app.device",
    "d",
    Text(en="Device", zh="设备"),
    Text(en="run on another device", zh="换一个设备运行"),
)
SEARCH = Key(
    "slash",
    "screen.search",
    "/",
    Text(en="Search", zh="搜索"),
    Text(en="back to the search box", zh="回到搜索框"),
)
HELP = Key("question_mark", "app.help", "?", Text(en="Help", zh="帮助"), Text(en="this help", zh="这份帮助"))
QUIT = Key("q", "app.leave", "q", Text(en="Quit", zh="退出"), Text(en="quit", zh="退出"))
BACK = Key("escape,backspace,q", "screen.back", "Esc", Text(en="Back", zh="返回"), Text(en="back", zh="返回"))
NEXT = Key(
    "tab,n",
    "screen.next",
    "Tab",
    Text(en="Next", zh="下一段"),
    Text(en="choose the next code, Shift-Tab the one before", zh="选下一段代码，Shift-Tab 选上一段"),
)
NUMBER = Key(
    "",
    "",
    "1-9",
    Text(en="", zh=""),
    Text(en="choose the snippet of that number", zh="选这个编号的代码"),
)
OUTPUT = Key(
    "o",
    "screen.output",
    "o",
    Text(en="Output", zh="输出"),
    Text(en="the output larger, hidden, and back", zh="输出区放大、隐藏、恢复"),
)
KEEP = Key(
    "s",
    "screen.keep",
    "s",
    Text(en="", zh=""),
    Text(en="keep the changed copy as an entry of your own", zh="把改过的副本存成自己的条目"),
)
RESTORE = Key(
    "u",
    "screen.restore",
    "u",
    Text(en="", zh=""),
    Text(en="the code as the entry has it", zh="恢复成条目里的代码"),
)

TYPING = (
    Key(
        "down",
        "screen.list",
        "↓",
        Text(en="List: letters act there", zh="列表：字母在那里是命令"),
        Text(en="to the list, where letters are keys", zh="到列表，在那里字母是按键"),
    ),
    OPEN,
    Key(
        "escape",
        "screen.clear",
        "Esc",
        Text(en="Clear", zh="清空"),
        Text(en="clear what you have typed", zh="清空输入"),
    ),
    QUIT._replace(keys="", shown="^Q"),
    HELP._replace(keys="f1", shown="F1"),
)
LIST = (OPEN, RUN, CHANGE, COPY, EDIT, WHY, LANGUAGE, DEVICE, SEARCH, QUIT, HELP)
PAGE = (RUN, CHANGE, COPY, NEXT, OUTPUT, BACK, WHY, EDIT, LANGUAGE, DEVICE, KEEP, RESTORE, NUMBER, HELP)
CHANGING = (
    Key(
        "ctrl+r",
        "screen.run",
        "^R",
        Text(en="Run your copy", zh="运行副本"),
        Text(en="run your copy", zh="运行改过的副本"),
    ),
    Key(
        "escape",
        "screen.done",
        "Esc",
        Text(en="Done", zh="改好了"),
        Text(en="done; your copy is kept until you quit", zh="改好了，副本保留到退出为止"),
    ),
    Key(
        "",
        "screen.undo",
        "^Z",
        Text(en="Undo", zh="撤销"),
        Text(en="undo, Ctrl-Y redo", zh="撤销，Ctrl-Y 重做"),
    ),
    HELP._replace(keys="", shown="F1"),
)
PASTING = (
    Key(
        "ctrl+o",
        "screen.open",
        "^O",
        Text(en="Open the entry", zh="打开条目"),
        Text(en="open the entry that explains it", zh="打开解释它的条目"),
    ),
    Key(
        "ctrl+l",
        "screen.clear",
        "^L",
        Text(en="Clear", zh="清空"),
        Text(en="clear the text", zh="清空文本"),
    ),
    Key("escape", "screen.back", "Esc", Text(en="Back", zh="返回"), Text(en="back", zh="返回")),
    HELP._replace(keys="", shown="F1"),
)
EVERYWHERE = (
    HELP._replace(keys="f1", shown="F1"),
    LANGUAGE._replace(keys="f2", shown="F2"),
    DEVICE._replace(keys="f3", shown="F3"),
    WHY._replace(keys="f4", shown="F4"),
    RUN._replace(keys="f5", shown="F5"),
    Key(
        "ctrl+c",
        "app.stop",
        "^C",
        Text(en="Stop", zh="停止"),
        Text(en="stop what is running", zh="停止正在运行的代码"),
    ),
    QUIT._replace(keys="ctrl+q", shown="^Q"),
)


def bindings(*keys: Key) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The keys as Textual wants them."""
    return [Binding(key.keys, key.action, key.long.en, show=False) for key in keys if key.keys]


class KeyLine(Static):
    """The line at the bottom: keys that act now, each of which can be clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self._languages: Languages = ("en",)

    def tell(self, keys: tuple[Key, ...], languages: Languages) -> None:
        """Show other keys, or the same in another language."""
        self._keys, self._languages = keys, languages
        self._draw()

    def on_resize(self) -> None:
        """Show as many keys as there is room for."""
        self._draw()

    def _draw(self) -> None:
        named = [key for key in self._keys if key.short.en]
        told = {key: f"{key.shown} {key.short.get(self._languages[0])}" for key in named}
        room = self.size.width
        for gap in ("  ", " "):
            if sum(cell_len(text) + len(gap) for text in told.values()) < room:
                break
        while len(named) > 1 and sum(cell_len(told[key]) + len(gap) for key in named) >= room:
            named.remove(named[-2])  # the last is the help, which names them all
        parts = [self._part(key) for key in named]
        self.update(Content(" ") + Content(gap).join(parts))

    def _part(self, key: Key) -> Content:
        shown = Content.assemble((key.shown, "bold $text-accent"), f" {key.short.get(self._languages[0])}")
        return shown.stylize(Style.from_meta({"act": key.action}))

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked."""
        if action := event.style.meta.get("act"):
            await self.run_action(f"{action}()")
