"""The texts of a draft, made of those of a note: in one language, and as the rules for entries want them."""

from __future__ import annotations

import re
import unicodedata

from kb.content.entry import Language
from kb.drafts.markdown import plain
from kb.text.controls import visible
from kb.text.paragraphs import paragraphs

SUMMARY = 120
"""Characters of a summary."""

LEAST_HAN, LEAST_WORDS = 6, 4
"""Chinese characters, or English words, from which on a line is more than a heading."""

_HAN = re.compile("[\u3400-\u9fff]")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_JOINT = re.compile("(?<=[\u3400-\u9fff])(?=[A-Za-z0-9`])|(?<=[A-Za-z0-9`])(?=[\u3400-\u9fff])")
_HALF = re.compile(
    "(?<=[\u3400-\u9fff`])[,;:!?](?: (?=\\S)|(?=\\s|[\u3400-\u9fff]|$))"
    "|(?<=[\u3400-\u9fff])\\.(?: (?=\\S)|(?=\\s|$))"
)
_FULL = str.maketrans(",;:!?.", "，；：！？。")
_WIDE = re.compile("[\u3000-\u303f\uff00-\uffef]")
_PLAIN = str.maketrans("。、《》「」『』【】〈〉〔〕〜", ".,<>\"\"''[]<>()~")
_SENTENCE = re.compile(r"(?<=[。！？])|(?<=[.!?])\s")
_NO_PROSE = ("!", "|", "$$", "<", "---", "```", "~~~", "===")


def language_of(*texts: str) -> Language:
    """Chinese if any of the texts holds a Chinese character."""
    return "zh" if any(map(_HAN.search, texts)) else "en"


def mended(text: str, language: Language | None = None) -> str:
    """A text as the rules for its language want it: a space between Chinese and Latin, and the punctuation of
    the language. Code in it stays as it is. Without a language, it is the one that the text itself is in."""
    text = visible(text)
    if (language or language_of(text)) == "en":
        return _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0].translate(_PLAIN)), text)
    masked = _CODE.sub(lambda found: "`" * len(found[0]), text)
    for found in reversed([*_HALF.finditer(masked)]):
        full = found[0].rstrip(" ").translate(_FULL)
        text, masked = (f"{one[: found.start()]}{full}{one[found.end() :]}" for one in (text, masked))
    for found in reversed([*_JOINT.finditer(masked)]):
        text = f"{text[: found.start()]} {text[found.start() :]}"
    return text


def cut(text: str, limit: int) -> str:
    """A line of at most so many characters."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def summary_of(text: str, language: Language) -> str:
    """The first sentence of a text that is prose; empty if there is none."""
    first = ""
    for paragraph in paragraphs(re.sub(r"^[> ]+", "", text, flags=re.MULTILINE)):
        if paragraph.startswith(_NO_PROSE):
            continue
        line = plain(re.sub(r"^(?:[*+-]|\d+[.)])\s+", "", paragraph))
        sentence = next((one.strip() for one in _SENTENCE.split(line) if one.strip()), "")
        first = first or sentence
        if len(_HAN.findall(sentence)) >= LEAST_HAN or len(sentence.split()) >= LEAST_WORDS:
            first = sentence
            break
    return cut(mended(first.rstrip(":："), language), SUMMARY) if len(first) > 1 else ""


def fenced(code: str, language: str) -> str:
    """A block of code as Markdown."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(code).rstrip()}\n{fence}"
