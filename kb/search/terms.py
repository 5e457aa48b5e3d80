"""Text in either language, and code, to search terms.

Whoosh's own analyzers make a whole Chinese phrase, and a whole dotted name, one term; then 混合精度
never finds 混合精度训练, and `view` never finds `torch.Tensor.view`. Here:

- identifiers are kept whole *and* split at dots, underscores, dashes and changes of case;
- English words are lower-cased and stemmed (Porter 2), so that `clipping` meets `clip`;
- a run of Chinese becomes overlapping pairs of characters; names also yield the single
  characters, so that a query of one character finds something;
- full-width letters and digits are folded to plain ones, traditional characters to simplified.

The module knows nothing of Whoosh but its stemmer: terms go in and out as strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from msgspec import Struct

from kb.text.pinyin import syllables
from kb.text.traditional import simplify

VERSION = 6
"""Raise when the same text yields other terms, so that indexes are built anew."""


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


MODULES = frozenset({"torch", "nn", "f", "np", "plt"})
"""What stands before the names of half of all functions, and tells nothing of them."""

STOP_WORDS = frozenset(
    _listed("""
    a an and any are as at be been but by can could do does doing for from get give had has have
    help here hey hi how i if in into is it its just know let like make me my need of on or
    please pls should so some someone tell than thanks that the their then there these this to
    use used using want was we were what whats when where which who why will with would you your
    pytorch torch python code example examples tutorial meaning way explain
    """)
)
"""Words that a question holds and no answer is about."""

QUESTION_WORDS = _listed("""
    请问 请教 求助 求教 大佬 麻烦 帮忙 谢谢 怎么办 怎么样 怎么用 怎么 怎样 如何
    为什么要 为什么会 为什么 为啥 什么是 是什么 什么叫 什么意思 什么时候 有什么 什么
    有没有 能不能 可不可以 是不是 是否 可以 应该 需要 想要 我想 我要 我的 一下 哪个
    哪些 哪里 哪种 多少 用法 作用 教程 例子 示例 代码 含义 方法 办法 使用 写法
    这个 那个 某个 某些 有些 这些 那些 每次 明明 突然 总是 老是 一直 还是 但是 已经 自己 的时候 时候
    之后 之前 以后 以前 一个 到底 究竟 具体 简单
    问题 解决 原因 的 了 吗 呢 吧 啊
""")
"""The same in Chinese, where no blank sets them apart; longer ones before their beginnings."""

PARTICLES = frozenset("在让把被和与或就也都还又很太会要想去给跟才只么这那我你它是时里着过得地个些")
"""Characters that join words; a pair with one of them is a word only if some name holds it."""

LONE_PARTICLES = PARTICLES | frozenset("好不有没上下中再更最对从到为做用来能其并而但先后前")
"""Characters that say nothing when they are left alone between words."""

SOUND = "~"
"""Begins the terms that are the pinyin of a name."""

_CJK = "\u3400-\u9fff\uf900-\ufaff"  # two ranges: re compiles three into a slow table
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<name>[^\W{_CJK}]+(?:[._-]+[^\W{_CJK}]+)*)_*")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")


def fold(text: str) -> str:
    """Full-width to half-width, compatibility forms to plain ones, traditional characters to
    simplified; case stays."""
    return text if text.isascii() else simplify(unicodedata.normalize("NFKC", text))


def text_terms(text: str, singles: bool = True) -> list[str]:
    """All terms of a text, in order and with repeats; `singles` tells whether Chinese characters
    that stand in a run are terms of their own, too."""
    terms: list[str] = []
    for match in _RUN.finditer(fold(text)):
        run = match["cjk"]
        if run:
            if singles or len(run) == 1:
                terms.extend(run)
            terms.extend(_pairs(run))
        else:
            terms.extend(name_terms(match["name"]))
    return terms


class Piece(Struct, frozen=True):
    """A run of a text: Chinese characters, or one Latin word or dotted name."""

    text: str
    chinese: bool


def pieces(text: str) -> list[Piece]:
    """The runs of a question, without stop words unless it holds nothing else."""
    every = [Piece(match["cjk"] or match["name"], bool(match["cjk"])) for match in _RUN.finditer(fold(text))]
    telling = []
    for piece in every:
        if piece.chinese:
            telling += [Piece(part, True) for part in _question().split(piece.text) if part]
        elif piece.text.lower() not in STOP_WORDS:
            telling.append(piece)
    return telling or every


@cache
def _question() -> re.Pattern[str]:
    """Matches the Chinese question words; compiled when Chinese is asked."""
    return re.compile("|".join(QUESTION_WORDS))


def run_terms(run: str) -> tuple[str, ...]:
    """A run of Chinese as overlapping pairs of characters."""
    return (run,) if len(run) == 1 else tuple(_pairs(run))


def is_chinese(name: str) -> bool:
    """Whether a name is one run of Chinese."""
    found = _RUN.fullmatch(fold(name))
    return bool(found and found["cjk"])


def sound_terms(name: str) -> set[str]:
    """The pinyin of each run of Chinese in a name, in full and as initials: ~hunhejingdu, ~hhjd."""
    made = set()
    for match in _RUN.finditer(fold(name)):
        if match["cjk"] and len(match["cjk"]) > 1:
            said = syllables(match["cjk"])
            made |= {SOUND + "".join(said), SOUND + "".join(one[0] for one in said)}
    return made


def paired_sounds(name: str) -> set[str]:
    """Each pair of Chinese characters in a name behind its pinyin: ~zhangliang~张量."""
    runs = (match["cjk"] for match in _RUN.finditer(fold(name)) if match["cjk"])
    return {sound_of(pair) + pair for run in runs for pair in _pairs(run)}


def sound_of(pair: str) -> str:
    """What the `paired_sounds` of all pairs that sound like this one begin with."""
    return f"{SOUND}{''.join(syllables(pair))}{SOUND}"


def rejoined(texts: Iterable[str]) -> tuple[str, ...]:
    """Words as they were typed: the overlapping pairs of a Chinese run become one again."""
    whole: list[str] = []
    for piece in texts:
        if whole and not piece.isascii() and whole[-1][-1] == piece[0]:
            whole[-1] += piece[1:]
        else:
            whole.append(piece)
    return tuple(dict.fromkeys(whole))


def plain_words(text: str) -> Iterator[str]:
    """The unstemmed English words and parts of names in a text, for spelling suggestions."""
    for match in _RUN.finditer(fold(text)):
        if match["name"]:
            yield match["name"].lower()
            yield from (hump.lower() for hump in _HUMP.findall(match["name"]) if len(hump) > 2)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


@lru_cache(maxsize=1 << 13)
def name_terms(name: str) -> tuple[str, ...]:
    """A Latin word or dotted name whole, then its parts.

    `nn.Conv2d` → nn.conv2d, nn, conv2d, conv; `clipping` → clip.
    """
    terms: dict[str, None] = {}
    whole = name.lower().replace("-", "_")
    terms[whole if _is_compound(name) else _stem(whole)] = None
    for dotted in re.split(r"[.]+", name):
        if not dotted.strip("_-"):
            continue
        part = dotted.lower().replace("-", "_").strip("_")
        terms[part if _is_compound(dotted) else _stem(part)] = None
        terms[_stem(part)] = None  # what the part becomes when it is typed in lower case
        for hump in _HUMP.findall(dotted):
            if len(hump) > 1:
                terms[_stem(hump.lower())] = None
    return tuple(terms)


def _is_compound(name: str) -> bool:
    return len(_HUMP.findall(name)) > 1


def _stem(word: str) -> str:
    from whoosh.lang.porter2 import stem  # porter makes clipp of clipping

    return str(stem(word)) if len(word) > 3 and word.isascii() and word.isalpha() else word
