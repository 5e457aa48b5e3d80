"""`ptnote` alone: what this is, and what to try."""

from __future__ import annotations

import click

from pycli.options import open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Heading, Prose, Verbatim
from pycli.terminal.output import Screen

TRIES = (
    "ptnote one-hot",
    "ptnote how do I freeze layers",
    "ptnote search 混合精度",
    "ptnote run one-hot",
    "ptnote why -- python train.py",
)


@click.command("welcome")
@screen_options
def command(screen: Screen) -> None:
    """Say what ptnote is and what to try."""
    library = open_library(screen)
    heads = library.heads.values()
    counts = texts.label("counts", screen.languages).format(
        entries=len(library),
        snippets=sum(len(head.snippets) for head in heads),
        categories=len({head.category for head in heads}),
    )
    blocks: list[Block] = [
        Heading("ptnote", "id"),
        Prose(texts.label("tagline", screen.languages), tight=True),
        Prose(counts, style="dim"),
        Heading(texts.label("try", screen.languages)),
        Verbatim("\n".join(f"  {line}" for line in TRIES), ""),
    ]
    screen.show(blocks)
