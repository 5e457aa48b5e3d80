"""What sheets say around the entries, in both languages."""

from __future__ import annotations

from kb.content.entry import Snippet, Text

PITFALLS = Text(en="Pitfalls", zh="常见坑")
OUTPUT = Text(en="Output", zh="输出")
RAISES = Text(en="Raises", zh="报错")
MYTHS = Text(en="Often said, but not so", zh="常见误解")
TRUTH = Text(en="In fact", zh="实际上")
ERRORS = Text(en="Explains these errors", zh="解释这些报错")
SEE_ALSO = Text(en="See also", zh="另见")
REQUIRES = Text(en="Requires", zh="需要")
SOURCE = Text(en="Source", zh="出处")
CONTENTS = Text(en="Contents", zh="目录")
MORE = Text(en="Explanation and code that runs", zh="讲解和可运行的代码")
SEARCH = Text(en="Search: one hot, 混合精度, loss nan", zh="搜索：混合精度、one hot、loss nan")
NOTHING = Text(en="No entry fits these words.", zh="没有条目符合这些词。")
LANGUAGE = Text(en="Language", zh="语言")
THEME = Text(en="Dark or light", zh="深色或浅色")
ERROR_MEANS = Text(en="What does this error mean, and what mends it?", zh="这条报错是什么意思，怎么改？")


def requirements(snippet: Snippet) -> str:
    """What a snippet needs beyond torch, in one line; empty if that is nothing."""
    needs = snippet.requires
    parts = [*needs.packages, *([needs.device.upper()] if needs.device else [])]
    parts += [f"torchrun × {needs.ranks}"] if needs.ranks > 1 else []
    parts += [f"torch ≥ {needs.min_torch}"] if needs.min_torch else []
    return ", ".join(parts)
