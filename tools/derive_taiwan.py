"""Derive kb/text/taiwan.txt, words of Taiwan and what they are called on the mainland, both in simplified
script, from TWPhrasesRev.txt of OpenCC (Apache License 2.0), which lies in its sources and in the package
opencc-python-reimplemented.

    pip install -e . && python tools/derive_taiwan.py TWPhrasesRev.txt
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from kb.text.taiwan import TABLE
from kb.text.traditional import simplify

ORDINARY = """
文件 序列 通道 向量 启用 复制 建立 储存 文字 模拟 执行 核心 查询 正规化 类比 参数列
开启 存档 宣告 互动 新增 图示 整合 传送 元件 过载 区域性 遮蔽 点选 机率 联络 连接
装置 透过 进阶 高阶 低阶 智慧 批次 通讯 外接 存取 影片 指标 行程 类别 对映 内建
取样 离线 线上 远端 启动 程序 映象 检视 登入 视讯记忆体 使用者 控制代码
"""
"""Words that mean something on the mainland, too."""


def pairs(lines: list[str], known: str) -> Iterator[tuple[str, str]]:
    """Each word with the first of its meanings, if it is written otherwise than that, and if this meaning is
    a word that the entries know: a search has no use for countries and dishes."""
    for line in lines:
        word, _, meanings = line.partition("\t")
        taiwan, mainland = simplify(word), simplify(meanings.split()[0])
        chinese = all("一" <= character <= "鿿" for character in taiwan + mainland)
        useful = mainland in known and taiwan not in ORDINARY.split()
        if chinese and useful and len(taiwan) > 1 and taiwan != mainland:
            yield taiwan, mainland


def main() -> None:
    """Write one pair a line."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    entries = sorted(Path(__file__).parent.parent.glob("entries/*/*"))
    known = "".join(file.read_text(encoding="utf-8") for file in entries)
    TABLE.write_text(
        "".join(f"{one} {other}\n" for one, other in sorted(pairs(lines, known))), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
