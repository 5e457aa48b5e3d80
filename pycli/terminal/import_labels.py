"""What is said of imported notes, in both languages."""

from __future__ import annotations

from kb import Text, Verdict
from pycli.terminal.labels import Languages, pick

VERDICTS = {
    Verdict.runs: Text(en="runs", zh="能运行"),
    Verdict.outdated: Text(en="outdated", zh="用法已过时"),
    Verdict.fails: Text(en="fails", zh="运行失败"),
    Verdict.incomplete: Text(en="incomplete", zh="缺少定义"),
    Verdict.blocked: Text(en="blocked", zh="受前文影响"),
    Verdict.package: Text(en="needs a package", zh="缺少包"),
    Verdict.device: Text(en="needs a device", zh="缺少设备"),
    Verdict.syntax: Text(en="does not parse", zh="语法错误"),
    Verdict.other: Text(en="not Python", zh="不是 Python"),
    Verdict.secret: Text(en="secret, left out", zh="含密钥，已略去"),
    Verdict.not_run: Text(en="not run", zh="没有运行"),
}
"""Each verdict as a word or two."""

SAID = {
    "blocks": Text(en="Blocks of code: {count} ({tally})", zh="代码 {count} 段（{tally}）"),
    "drafts": Text(en="Drafts: {count} ({tally})", zh="草稿 {count} 个（{tally}）"),
    "written": Text(en="written", zh="已写入"),
    "replaced": Text(en="replaced", zh="已替换"),
    "unchanged": Text(en="unchanged", zh="没有变化"),
    "kept": Text(en="not written, an older file was kept", zh="没有写入，保留了原有文件"),
    "too_large": Text(
        en="not written, too large for an entry; split the section", zh="没有写入，太大，请拆分这一节"
    ),
    "no_draft": Text(en="no draft: no Python below this heading", zh="没有草稿：这一节没有 Python 代码"),
    "no_code": Text(en="Text without code, in no draft: ", zh="只有文字、没有写进草稿的小节："),
    "answered": Text(en="Answered already by: ", zh="已有条目讲过："),
    "check": Text(en="ptnote check still demands: ", zh="ptnote check 还要求："),
    "secret_line": Text(en="left out, looks like a secret ({kind})", zh="看起来是密钥（{kind}），已略去"),
    "unclosed": Text(en="its fence is never closed", zh="代码围栏没有结尾"),
    "explained": Text(en="explained by {id}", zh="{id} 解释了这个报错"),
    "old": Text(en="{name} is deprecated; now: {instead}", zh="{name} 已弃用，现在用：{instead}"),
    "gone": Text(en="{name} was removed; now: {instead}", zh="{name} 已移除，现在用：{instead}"),
    "after": Text(en="after the blocks on lines {lines}", zh="接在第 {lines} 行的代码之后运行"),
    "after_one": Text(en="after the block on line {lines}", zh="接在第 {lines} 行的代码之后运行"),
    "added": Text(en="added: {imports}", zh="补上了：{imports}"),
    "on_line": Text(en="line {line}: ", zh="第 {line} 行："),
}

LANGUAGES = {
    "shell": Text(en="commands of a shell", zh="命令行"),
    "output": Text(en="output", zh="输出结果"),
    "text": Text(en="text", zh="文字"),
    "empty": Text(en="empty", zh="空的"),
}
"""What a block is that is not Python; other languages have the name that its fence says."""

RULES = {
    "E111": Text(en="E111 (too long or too wide)", zh="E111（代码太长或太宽）"),
    "E112": Text(en="E112 (does not parse)", zh="E112（语法错误）"),
    "E113": Text(en="E113 (prints nothing)", zh="E113（没有输出）"),
}
"""The rules that drafts break most."""


def verdict(name: str, languages: Languages) -> str:
    """A verdict as a word or two."""
    return pick(VERDICTS[Verdict(name)], languages)


def said(name: str, languages: Languages) -> str:
    """One of the other texts, perhaps with something to fill in."""
    return pick(SAID[name], languages)


def rule(code: str, languages: Languages) -> str:
    """The code of a rule, and what it is about if drafts often break it."""
    return pick(RULES[code], languages) if code in RULES else code


def language(name: str, languages: Languages) -> str:
    """What a block is that is not Python."""
    return pick(LANGUAGES[name], languages) if name in LANGUAGES else name
