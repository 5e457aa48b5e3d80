"""Markdown that comes out shows what the entries say, and nothing in them is taken for anything else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.sheet.choose import chosen
from kb.sheet.content import Sheet
from kb.sheet.markdown import escaped, fenced, line, markdown
from kb.sheet.prose import bare, parts, spans

MarkdownIt = pytest.importorskip("markdown_it").MarkdownIt

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

TRICKY = st.text(
    st.one_of(st.sampled_from("\\`*_[]()<>#|~!&;-+=.:1 \n"), st.characters(categories=["L", "N", "P", "S"])),
    min_size=1,
    max_size=30,
).filter(str.strip)


def shown(text: str) -> tuple[set[str], str]:
    """What a reader of CommonMark makes of a text: the kinds of its parts, and the words."""
    kinds, words = set(), []
    for block in READER.parse(text):
        kinds.add(block.type.removesuffix("_open").removesuffix("_close"))
        for one in block.children or [block]:
            kinds |= {one.type.removesuffix("_open").removesuffix("_close")} if one is not block else set()
            words.append(" " if one.type == "softbreak" else one.content)
    return kinds, "".join(words)


@given(TRICKY)
@example("__init__(self)")
@example("1. no list")
@example("a * b * c, *x, **y")
@example("[x]: https://elsewhere.invalid")
@example("&lt;b&gt; &#60;")
@example("C:\\")
@example("---")
@example("![x](y)")
def test_text_that_is_no_markdown_shows_as_it_is(text):
    kinds, words = shown(escaped(text))
    assert words == " ".join(text.split())
    assert kinds <= {"paragraph", "inline", "text", "text_special"}


@given(TRICKY)
@example("![x](https://elsewhere.invalid/x.png)")
@example("`a` **b** [c](https://ok.invalid) \\`x`")
@example("**a*")
def test_a_line_of_an_entry_shows_what_the_terminal_shows(text):
    kinds, words = shown(line(text))
    assert words.split() == bare(text).split()
    assert kinds <= {"paragraph", "inline", "text", "text_special", "code_inline", "strong", "link"}


@given(TRICKY, TRICKY)
@example("```\nx\n```", "")
def test_code_comes_back_out_of_its_fence(code, language):
    code = re.sub(r"[^\S\n]", " ", code).strip("\n")
    tokens = READER.parse(fenced(code, language))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content.rstrip() == code.rstrip()


def test_the_parts_of_a_text():
    text = "One\nparagraph.\n\n- first `x`\n- second\n\n3. third\n\n```python\na = 1\n```\n"
    assert [(part.kind, part.text, part.number, part.language) for part in parts(text)] == [
        ("paragraph", "One paragraph.", 0, ""),
        ("bullet", "first `x`", 0, ""),
        ("bullet", "second", 0, ""),
        ("number", "third", 3, ""),
        ("code", "a = 1", 0, "python"),
    ]


def test_the_parts_of_a_line():
    text = "A `b` **c** [d](https://e.invalid) __init__ [f](javascript:g)"
    assert [(span.kind, span.text, span.url) for span in spans(text)] == [
        ("text", "A ", ""),
        ("code", "b", ""),
        ("text", " ", ""),
        ("strong", "c", ""),
        ("text", " ", ""),
        ("link", "d", "https://e.invalid"),
        ("text", " __init__ [f](javascript:g)", ""),
    ]


def test_all_entries_are_clean_markdown(builtin):
    sheet = Sheet(groups=chosen(builtin), languages=("en", "zh"), everything=True)
    tokens = READER.parse(markdown(sheet).decode())
    kinds = {token.type for token in tokens} | {child.type for one in tokens for child in one.children or ()}
    assert not {"html_block", "html_inline", "image", "em_open", "hr", "table_open"} & kinds
    entries = list(builtin)
    headings = [
        tokens[at + 1].content
        for at, one in enumerate(tokens)
        if one.type == "heading_open" and one.tag == "h3"
    ]
    assert len(headings) == len(entries) > 400
    codes = {token.content.rstrip() for token in tokens if token.type == "fence"}
    assert {one.code.rstrip() for entry in entries for one in entry.snippets} <= codes
