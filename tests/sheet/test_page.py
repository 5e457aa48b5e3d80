"""The page in a browser: what readers do with it, and what it never does."""

import re
from pathlib import Path

import pytest

from kb.sheet.choose import chosen
from kb.sheet.content import Figure, Sheet

pytest.importorskip("jinja2")

from kb.sheet.page import page, printed

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "0500010a2db4040000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def losses(builtin, tmp_path_factory) -> Path:
    """The page of the losses, with a picture, opened in English."""
    sheet = Sheet(
        groups=chosen(builtin, ["losses", "one-hot"]),
        languages=("en",),
        figures=(Figure("one-hot", "mask", "dot.png", "image/png", PIXEL),),
    )
    file = tmp_path_factory.mktemp("page") / "losses.html"
    file.write_bytes(page(sheet))
    return file


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("one hot", "one-hot"),
        ("one-hot", "one-hot"),
        ("F.one_hot", "one-hot"),
        ("独热编码", "one-hot"),
        ("交叉熵", "cross-entropy"),
        ("cross entropy", "cross-entropy"),
        ("dice 损失", "dice-loss"),
        ("focal", "focal-loss"),
        ("ＭＳＥ", "mse-loss"),
    ],
)
def test_the_search_finds_in_both_languages(opened, losses, words, first):
    it = opened(losses)
    it.page.fill("#search", words)
    found = it.shown()
    assert found[0] == first
    links = it.page.eval_on_selector_all(
        "nav a", "all => all.filter(one => one.checkVisibility()).map(one => one.hash.slice(1))"
    )
    assert links == found
    assert it.page.inner_text("#count") == str(len(found))


def test_the_search_says_that_it_found_nothing_and_ends(opened, losses):
    it = opened(losses)
    everything = it.shown()
    assert len(everything) > 25
    it.page.fill("#search", "zzzznothing")
    assert it.shown() == []
    assert it.page.is_visible("#nothing")
    it.page.press("#search", "Escape")
    assert it.shown() == everything
    assert it.page.is_hidden("#nothing")


def test_a_slash_goes_to_the_search_and_a_link_to_a_hidden_entry_ends_it(opened, losses):
    it = opened(losses)
    it.page.keyboard.press("/")
    it.page.keyboard.type("one hot")
    assert it.shown()[0] == "one-hot"
    it.page.click("#one-hot .see a[href='#cross-entropy']")
    assert it.page.input_value("#search") in ("", "one hot")
    assert "cross-entropy" in it.shown()
    assert it.page.evaluate("location.hash") == "#cross-entropy"


def test_the_language_changes_everywhere_and_is_kept(opened, losses):
    it = opened(losses)
    title = "#one-hot h3"
    assert "One-hot encoding" in it.page.inner_text(title)
    assert "独热编码" not in it.page.inner_text(title)
    it.page.click("[data-to=zh]")
    assert "独热编码" in it.page.inner_text(title)
    assert "One-hot" not in it.page.inner_text(title)
    assert it.page.get_attribute("html", "lang") == "zh"
    assert "搜索" in it.page.get_attribute("#search", "placeholder")
    it.page.click("[data-to=both]")
    assert "One-hot encoding" in it.page.inner_text(title)
    assert "独热编码" in it.page.inner_text(title)
    it.page.reload()
    assert "独热编码" in it.page.inner_text(title)


@pytest.mark.parametrize("allowed", [["clipboard-read", "clipboard-write"], ["clipboard-read"]])
def test_copying_copies_the_code_as_it_is(opened, losses, builtin, allowed):
    it = opened(losses, permissions=allowed)
    it.page.click("#one-hot .copy >> nth=0")
    it.page.wait_for_selector("#one-hot .copy.done")
    assert it.page.evaluate("navigator.clipboard.readText()") == builtin.get("one-hot").answer
    it.page.click("#one-hot summary")
    it.page.click("#one-hot .snippet >> nth=1 >> .copy")
    it.page.wait_for_selector("#one-hot .snippet .copy.done")
    assert it.page.evaluate("navigator.clipboard.readText()") == builtin.get("one-hot").snippets[1].code


def background(it) -> str:
    return it.page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light_follow_the_system_until_the_switch(opened, losses, scheme):
    it = opened(losses, color_scheme=scheme)
    light = "rgb(255, 255, 255)"
    assert (background(it) == light) == (scheme == "light")
    it.page.click("#theme")
    assert (background(it) == light) == (scheme == "dark")
    it.page.reload()
    assert (background(it) == light) == (scheme == "dark")
    it.page.emulate_media(media="print")
    assert background(it) == light


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(opened, losses, width):
    it = opened(losses, width)
    it.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    for language in ("en", "zh", "both"):
        it.page.click(f"[data-to={language}]")
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width


def test_figures_are_in_the_page(opened, losses):
    it = opened(losses)
    it.page.click("#one-hot summary")
    size = it.page.eval_on_selector("#one-hot img", "one => [one.complete, one.naturalWidth, one.alt]")
    assert size == [True, 1, "dot.png"]


def test_nothing_in_an_entry_runs_or_is_loaded(opened, evil_sheet, tmp_path):
    file = tmp_path / "evil.html"
    file.write_bytes(page(evil_sheet))
    it = opened(file)
    it.page.hover("#evil h3")
    assert it.page.evaluate("typeof window.pwned") == "undefined"
    assert (
        it.page.eval_on_selector_all(
            "article img, article script, article [onmouseover]", "all => all.length"
        )
        == 0
    )
    shown = it.page.inner_text("#evil")
    for words in ("<script>window.pwned = 1</script>", "onerror", "{{ 7 * 7 }}", "${1:x}", "<name>"):
        assert words in shown
    links = it.page.eval_on_selector_all("#evil a", "all => all.map(one => one.href)")
    assert not [link for link in links if not link.startswith(("https://", "file:"))]


def test_the_policy_of_the_page_stops_what_the_escaping_would_let_through(browser, losses, tmp_path):
    """The second line of defense: a script and a picture that got into the page anyway."""
    file = tmp_path / "hole.html"
    hole = '<script>window.pwned = 1</script><img src="https://elsewhere.invalid/x.png"></main>'
    file.write_text(losses.read_text().replace("</main>", hole))
    context = browser.new_context()
    tab = context.new_page()
    sent: list[str] = []
    tab.on("requestfinished", lambda request: sent.append(request.url))
    tab.goto(file.as_uri())
    assert tab.evaluate("typeof window.pwned") == "undefined"
    assert [url for url in sent if "elsewhere" in url] == []
    tab.fill("#search", "one hot")  # its own program goes on
    assert tab.is_visible("#one-hot")
    context.close()


def test_what_is_printed_has_no_program_and_the_languages_that_were_asked_for(builtin):
    groups = chosen(builtin, ["one-hot"])
    text = printed(Sheet(groups=groups, languages=("zh",))).decode()
    assert "独热编码" in text
    assert "One-hot encoding" not in text
    assert "<script" not in text
    assert "<details" not in text
    assert "<details open" in printed(Sheet(groups=groups, languages=("zh",), everything=True)).decode()


def test_every_address_in_the_page_is_a_link_or_data(losses):
    text = losses.read_text()
    assert re.findall(r'(?:src|srcset|action|data|poster)="(?!data:)', text) == []
    assert re.findall(r"@import|url\(", text) == []
