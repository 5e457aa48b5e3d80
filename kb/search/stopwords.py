"""Words that say nothing about what a question is about, in both languages."""

from __future__ import annotations

MODULES = frozenset({"torch", "nn", "f", "np", "plt"})
"""Modules that stand before the names of half of all functions."""

_STOP_WORDS = """
    a an and any are as at be been but by can could do does doing for from get give had has have
    help here hey hi how i if in into is it its just know let like make me my need of on or
    please pls should so some someone tell than thanks that the their then there these this to
    use used using want was we were what whats when where which who why will with would you your
    pytorch torch python code example examples tutorial meaning way explain
    everywhere anywhere properly correctly
"""

STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that questions hold and that no answer is about."""

_QUESTION_WORDS = """
    请问 请教 求助 求教 大佬 麻烦 帮忙 谢谢 怎么办 怎么样 怎么用 怎么 怎样 如何
    为什么要 为什么会 为什么 为啥 什么是 是什么 什么叫 什么意思 什么时候 有什么 什么
    有没有 能不能 可不可以 是不是 是否 可以 应该 需要 想要 我想 我要 我的 一下 哪个
    哪些 哪里 哪种 多少 用法 作用 教程 例子 示例 代码 含义 方法 办法 使用 写法
    这个 那个 某个 某些 有些 这些 那些 每次 明明 突然 总是 老是 一直 还是 但是 已经 自己 的时候 时候
    之后 之前 以后 以前 一个 到底 究竟 具体 简单
    问题 解决 原因 的 了 吗 呢 吧 啊
"""

QUESTION_WORDS = tuple(_QUESTION_WORDS.split())
"""The same in Chinese, where no space separates them. A word stands before the words it begins with."""

PARTICLES = frozenset("在让把被和与或就也都还又很太会要想去给跟才只么这那我你它是时里着过得地个些")
"""Chinese characters that join words. A bigram with one of them counts only if some name holds it."""

LONE_PARTICLES = PARTICLES | frozenset("好不有没上下中再更最对从到为做用来能其并而但先后前")
"""Chinese characters that mean nothing when they are left alone between words."""
