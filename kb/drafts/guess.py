"""What a draft is called and where it belongs, guessed from its words and from what a search finds."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

from kb.errors import BadQuery
from kb.library import Library
from kb.search.results import Found, Hit
from kb.text.fold import fold
from kb.text.names import normalize
from kb.text.pinyin import syllables

ID = 32
"""Characters of an id."""

DRAFT = "draft"
"""The tag of every draft."""

NOWHERE = "notes"
"""The category of a draft whose words find nothing."""

TAGS = 5
"""How many tags are guessed."""

HITS = 5
"""How many hits have a say about the category."""

_ENGLISH = "code demo e.g eg example examples forward init note notes output parameters params result results"
_CHINESE = (
    "代码 代码如下 定义 参数 实例 示例 例子 例如 举例 结果 结果如下 使用 使用方法 用法 说明 测试 输出 实现"
)
EMPTY = frozenset(f"{_ENGLISH} sample test usage use {_CHINESE}".split())
"""Titles that say nothing about what stands below them."""

SHORT = 3
"""Fewer Latin letters are no question."""

NAMED = 0.4
"""Coverage times likeness from which on a question counts as a name of the entry."""

_API = re.compile(r"\b(?:torch|nn|F|optim|np|cv2|plt|transforms|models)(?:\.\w+)*\.(\w{3,})")


class Guesser:
    """Asks a library what it knows about the words of a note."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._asked: dict[str, tuple[list[Hit], bool]] = {}

    def hits(self, question: str) -> list[Hit]:
        """The best entries for some words, those that are drafts left out."""
        return self._found(question)[0]

    def _found(self, question: str) -> tuple[list[Hit], bool]:
        """The same, and whether every word was searched for as it is written."""
        asked = " ".join(question.replace(":", " ").split())[:200]
        if asked not in self._asked:
            try:
                found = self._library.search(asked, 2 * HITS) if asked else Found([])
            except BadQuery:
                found = Found([])
            hits = [hit for hit in found if DRAFT not in hit.tags][:HITS]
            self._asked[asked] = hits, not found.corrections
        return self._asked[asked]

    def answer(self, questions: Iterable[str], code: str) -> str:
        """The id of the entry that answers one of the questions, the first if possible, which some code is
        about; empty if none fits well.

        A question that is no name of the entry counts only if a search for what the code uses finds it too.
        """
        for question in questions:
            bare = question.strip(":：.()").casefold()
            says_nothing = bare in EMPTY or (bare.isascii() and len(bare) < SHORT)
            hits, as_written = ([], True) if says_nothing else self._found(question)
            if not hits or hits[0].doubtful:
                continue
            if (as_written and _is_name(hits[0])) or self._about(hits[0], code):
                return hits[0].id
        return ""

    def _about(self, hit: Hit, code: str) -> bool:
        names = " ".join([*dict.fromkeys(_API.findall(code))][:6])
        return hit.id in [one.id for one in self.hits(names)]

    def category(self, title: str, code: str) -> str:
        """Where most of the entries stand that are about this title and this code."""
        votes: Counter[str] = Counter()
        names = dict.fromkeys(_API.findall(code))
        for question, weight in ((title, 2.0), (" ".join([title, *list(names)[:6]]), 1.0)):
            hits = self.hits(question)
            if hits and not (hits[0].doubtful and weight > 1):
                for rank, hit in enumerate(hits, 1):
                    votes[hit.category] += weight / rank  # type: ignore[assignment]
        return max(votes, key=lambda one: votes[one]) if votes else NOWHERE

    def tags(self, title: str, text: str, said: Iterable[str]) -> tuple[str, ...]:
        """`draft`, the tags of the note itself, and those of similar entries whose words stand in it."""
        words = normalize(f"{title} {text}")
        likely = [tag for hit in self.hits(title)[:3] if not hit.doubtful for tag in hit.tags]
        found = [tag for tag in likely if re.search(rf"(?<![a-z0-9]){re.escape(tag)}(?![a-z0-9])", words)]
        own = filter(None, map(slug, said))
        return tuple(dict.fromkeys([DRAFT, *own, *found]))[: 1 + TAGS]


def _is_name(hit: Hit) -> bool:
    """Whether the question is a name of the entry, or nearly so."""
    how = hit.explanation
    return any(why.field == "name" for why in hit.why) or how.coverage * how.likeness >= NAMED


def slug(text: str) -> str:
    """A text as words of lower-case letters and digits joined by dashes, Chinese as pinyin, cut at a word."""
    folded = unicodedata.normalize("NFKD", fold(text)).casefold()
    spelled = re.sub("[\u3400-\u9fff]+", lambda run: f" {' '.join(syllables(run[0]))} ", folded)
    made = ""
    for word in re.findall("[a-z0-9]+", re.sub("[\u0300-\u036f]", "", spelled)):
        longer = f"{made}-{word}" if made else word[:ID]
        if len(longer) > ID:
            break
        made = longer
    return made


def free_id(title: str, fallback: str, taken: Callable[[str], bool]) -> str:
    """An id that no other entry has: made of the title, else of the fallback, if need be with a number."""
    base = slug(title) or slug(fallback) or "note"
    if not taken(base):
        return base
    for number in range(1, 10_000):
        end = "-note" if number == 1 else f"-note-{number}"
        made = f"{base[: ID - len(end)].rstrip('-')}{end}"
        if not taken(made):
            return made
    raise AssertionError("no note has so many sections")
