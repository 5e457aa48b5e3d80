"""What the browser says, in both languages. What is about an entry comes from `pycli.terminal.labels`."""

from __future__ import annotations

from kb import Text
from pycli.terminal.labels import Languages

TEXTS = {
    "search": Text(en="Search", zh="搜索"),
    "ask": Text(
        en="a name, a question, an error, in either language",
        zh="名字、问题、报错都行，中英文均可",
    ),
    "spoken_en": Text(en="English", zh="英文"),
    "spoken_zh": Text(en="Chinese", zh="中文"),
    "spoken_both": Text(en="both languages", zh="双语"),
    "device": Text(en="device: {name}", zh="设备：{name}"),
    "auto": Text(en="auto", zh="自动"),
    "no_device": Text(
        en="torch finds no device but the CPU here", zh="这台机器上 torch 只找到 CPU，没有别的设备"
    ),
    "all": Text(en="All {count} entries", zh="全部 {count} 个条目"),
    "found": Text(en="{count} found", zh="找到 {count} 条"),
    "found_one": Text(en="1 found", zh="找到 1 条"),
    "searching": Text(en="searching …", zh="搜索中 …"),
    "indexing": Text(
        en="indexing the entries, once: {done} of {total}", zh="首次为条目建索引：{done} / {total}"
    ),
    "answer": Text(en="Answer", zh="答案"),
    "changed": Text(en="changed", zh="已改动"),
    "changing": Text(en="you are changing this copy", zh="正在改这份副本"),
    "no_change": Text(en="not changed", zh="没有改动"),
    "restored": Text(en="as the entry has it again", zh="已恢复成条目里的原样"),
    "output": Text(en="Output", zh="输出"),
    "running": Text(
        en="running {name} on {device} … {seconds} s", zh="正在运行 {name}，设备 {device} … {seconds} 秒"
    ),
    "busy": Text(en="a snippet is running; Ctrl-C stops it", zh="有代码正在运行，Ctrl-C 可以停止"),
    "not_running": Text(en="nothing is running; Ctrl-Q quits", zh="没有代码在运行，Ctrl-Q 退出"),
    "stopped": Text(en="{name} stopped", zh="{name} 已停止"),
    "nothing_run": Text(en="nothing was run", zh="没有运行"),
    "dropped": Text(en="… {count} lines before these", zh="… 前面还有 {count} 行"),
    "no_output": Text(en="(it printed nothing)", zh="（没有输出）"),
    "wrote": Text(en="wrote {names}, not kept", zh="写了 {names}，没有保留"),
    "no_picture": Text(en="cannot show {name}: {reason}", zh="无法显示 {name}：{reason}"),
    "failed_hint": Text(en="w explains this error", zh="按 w 解释这个报错"),
    "copied": Text(en="copied: {what}", zh="已复制：{what}"),
    "copied_by_terminal": Text(
        en="handed to the terminal's clipboard: {what}", zh="已交给终端的剪贴板：{what}"
    ),
    "consent": Text(
        en="This code is not part of ptnote. Run it?", zh="这段代码不是 ptnote 自带的，要运行吗？"
    ),
    "yes": Text(en="y  Run it", zh="y  运行"),
    "no": Text(en="n  Don't", zh="n  不运行"),
    "lose": Text(
        en="Copies that you have changed are lost when you leave: {names}. Leave?",
        zh="退出后，改过的副本会丢失：{names}。要退出吗？",
    ),
    "lose_yes": Text(en="y  Leave", zh="y  退出"),
    "lose_no": Text(en="n  Stay", zh="n  留下"),
    "paste": Text(
        en="Paste an error here, with whatever surrounds it", zh="把报错贴到这里，前后带着别的内容也行"
    ),
    "cause": Text(en="What it means", zh="原因和改法"),
    "no_entry": Text(en="no entry to open", zh="没有可以打开的条目"),
    "written": Text(en="written: {path}", zh="已写入：{path}"),
    "keep_as": Text(
        en="Keep this copy as an entry of your own. Its id:", zh="把这份副本存成自己的条目，id 是："
    ),
    "keep_keys": Text(en="Enter keeps it, Esc does not", zh="回车保存，Esc 取消"),
    "not_changed": Text(en="this code is not changed; v changes it", zh="代码没有改动，按 v 修改"),
    "gone": Text(en="this entry is gone", zh="这个条目已经不在了"),
    "help": Text(en="Keys", zh="按键"),
    "help_search": Text(en="In the search box, letters search", zh="在搜索框里，字母用来搜索"),
    "help_list": Text(en="In the list and on the card, letters act", zh="在列表和卡片上，字母是命令"),
    "help_page": Text(en="On the page of an entry", zh="在条目的整页上"),
    "help_change": Text(en="While you change code", zh="改代码的时候"),
    "help_why": Text(en="Where you paste an error", zh="贴报错的地方"),
    "help_everywhere": Text(en="Everywhere, even while you type", zh="随时可用，打字时也行"),
    "close": Text(en="any key closes this", zh="按任意键关闭"),
    "narrow": Text(en="ptnote browse needs at least 40 columns", zh="ptnote browse 至少需要 40 列"),
}


def phrase(name: str, languages: Languages, /, **values: object) -> str:
    """A text in the first of the languages: the interface speaks one at a time."""
    return TEXTS[name].get(languages[0]).format(**values)
