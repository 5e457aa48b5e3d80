"""What the interface says, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from kb import Language, Library, Snippet, Text

Languages = tuple[Language, ...]

LABELS = {
    "pitfalls": Text(en="Pitfalls", zh="常见坑"),
    "proofs": Text(en="proofs", zh="证明"),
    "myths": Text(en="Often said, but not so", zh="常见误解"),
    "errors": Text(en="Explains these errors", zh="解释这些报错"),
    "requires": Text(en="Requires", zh="需要"),
    "output": Text(en="Output", zh="输出"),
    "raises": Text(en="Raises", zh="报错"),
    "see_also": Text(en="See also", zh="另见"),
    "api": Text(en="API", zh="API"),
    "tags": Text(en="Tags", zh="标签"),
    "aliases": Text(en="Also found as", zh="别名"),
    "run": Text(en="Run", zh="运行"),
    "more": Text(en="More", zh="更多"),
    "explanation": Text(en="explanation, all code and output", zh="讲解、全部代码和输出"),
    "code_goes_on": Text(
        en="… {count} more lines: ptnote show {id} --code", zh="… 还有 {count} 行：ptnote show {id} --code"
    ),
    "proved": Text(en="{count} statements proved", zh="{count} 条结论有代码证明"),
    "proved_one": Text(en="1 statement proved", zh="1 条结论有代码证明"),
    "pitfalls_more": Text(en="{count} more pitfalls", zh="还有 {count} 个坑"),
    "pitfalls_one": Text(en="1 more pitfall", zh="还有 1 个坑"),
    "answer": Text(en="Answer", zh="答案"),
    "source": Text(en="Source", zh="出处"),
    "try": Text(en="Try", zh="试试"),
    "doubtful": Text(en="No entry fits this well; the nearest:", zh="没有很对题的条目，最接近的是："),
    "score": Text(
        en="answers {coverage} of the question; {likeness} like the name '{name}'; "
        "its wording is {wording} typical of the entry, which adds {gained}; "
        "other entries refer to it, which adds {raised}",
        zh="答到了问题的 {coverage}；与名字「{name}」的相似度为 {likeness}；"
        "问法的典型程度为 {wording}，加 {gained} 分；"
        "其他条目引用它，再加 {raised}",
    ),
    "typical": Text(en="typical", zh="典型程度"),
    "nothing": Text(en="nothing found for", zh="没有找到"),
    "did_you_mean": Text(en="did you mean", zh="你是不是想找"),
    "corrected": Text(en="searched for", zh="按近似词搜索"),
    "counts": Text(
        en="{entries} entries, {snippets} snippets, {categories} categories",
        zh="{entries} 个条目，{snippets} 段代码，{categories} 个类别",
    ),
    "tagged": Text(en="{count} entries", zh="{count} 个条目"),
    "tagged_one": Text(en="1 entry", zh="1 个条目"),
    "snippets_tested": Text(
        en="snippets: {passed} passed, {failed} failed, {skipped} skipped",
        zh="代码：{passed} 段通过，{failed} 段失败，{skipped} 段跳过",
    ),
    "proofs_tested": Text(
        en="proofs: {passed} passed, {failed} failed, {skipped} skipped",
        zh="证明：{passed} 条通过，{failed} 条失败，{skipped} 条跳过",
    ),
    "tagline": Text(
        en="an offline PyTorch reference whose every snippet runs",
        zh="离线的 PyTorch 速查，每段代码都能跑",
    ),
    "skipped": Text(en="skipped", zh="跳过"),
    "slowest": Text(en="slowest", zh="最慢"),
    "name": Text(en="the name itself", zh="名字本身"),
    "no_exception": Text(en="no exception in the text", zh="文本里没有异常"),
    "guessed": Text(
        en="no entry explains this very message; the nearest by its words are a guess",
        zh="没有条目专门解释这条报错；按字面猜测，最接近的是",
    ),
    "mend": Text(en="Fix, for example", zh="改法示例"),
    "unexplained": Text(
        en="no entry explains this message; ptnote list -t error",
        zh="没有条目解释这条报错；ptnote list -t error",
    ),
    "pair": Text(en="− breaks   + works", zh="− 出错   + 正确"),
    "user": Text(en="an entry of your own", zh="你自己的条目"),
    "extra": Text(en="an entry from PTNOTE_PATH", zh="PTNOTE_PATH 里的条目"),
    "added": Text(en="an entry from a source that you added", zh="你添加的来源里的条目"),
    "gone": Text(en="its folder is gone", zh="目录已经不在了"),
    "left_out": Text(en=", {count} files left out", zh="，略过 {count} 个文件"),
    "last_line": Text(en="last line printed", zh="输出的最后一行"),
    "change": Text(en="Change", zh="可调"),
    "project": Text(en="an entry of this project", zh="本项目的条目"),
    "hides": Text(en="hides the built-in entry of this name", zh="覆盖了同名的内置条目"),
    "cut": Text(en="too long to search for as a whole; searched for", zh="太长，只搜索了其中一部分"),
}

FIELDS = {
    "id": Text(en="id", zh="id"),
    "alias": Text(en="alias", zh="别名"),
    "title": Text(en="title", zh="标题"),
    "message": Text(en="the message itself", zh="报错原文"),
    "asked": Text(en="how it is asked", zh="问法"),
    "api": Text(en="API", zh="API"),
    "tag": Text(en="tag", zh="标签"),
    "summary": Text(en="summary", zh="摘要"),
    "errors": Text(en="error message", zh="报错信息"),
    "explain": Text(en="text", zh="正文"),
    "code": Text(en="code", zh="代码"),
    "name": LABELS["name"],
}


def pick(text: Text, languages: Languages, joint: str = " · ") -> str:
    """A text in the chosen languages; said once where both say the same."""
    return joint.join(dict.fromkeys(text.get(language) for language in languages))


def label(name: str, languages: Languages) -> str:
    """A label of the interface."""
    return pick(LABELS[name], languages)


def labeled(name: str, languages: Languages) -> str:
    """A label in front of what stands in the same line, with its colon, as Markdown."""
    return f"**{label(name, languages)}**" + ("：" if languages == ("zh",) else ": ")


def counted(name: str, one: str, count: int, languages: Languages) -> str:
    """A label with a number in it; the label `one` for a single thing."""
    return label(one if count == 1 else name, languages).format(count=count)


def hiding(library: Library, id: str, languages: Languages) -> str:
    """What to say of an entry that hides a built-in one; empty for every other."""
    hidden = library.hidden_by(id)
    if hidden is None or hidden.layer != "built-in":
        return ""
    whose, hides = LABELS[library.heads[id].layer], LABELS["hides"]
    said = Text(en=f"{whose.en}, {hides.en}", zh=f"{whose.zh}，{hides.zh}")
    return pick(said, languages)


def requirements(snippet: Snippet) -> str:
    """What a snippet needs, in one line; empty when that is only torch."""
    needs = snippet.requires
    parts = [*needs.packages]
    if needs.device:
        parts.append(needs.device.upper())
    if needs.ranks > 1:
        parts.append(f"torchrun × {needs.ranks}")
    if needs.min_torch:
        parts.append(f"torch ≥ {needs.min_torch}")
    return listed(parts)


def field(name: str, languages: Languages) -> str:
    """The name of a searched field."""
    return pick(FIELDS[name], languages[:1])


def listed(items: Iterable[str]) -> str:
    """Items in one line."""
    return ", ".join(items)
