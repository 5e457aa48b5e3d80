"""Make the pictures of README: real output of the command, as SVG.

    python tools/screens.py

They are written to docs/screens. The same sources make the same files: what differs from run to run, times
for example, is left out of the list. The pictures ask for no font from elsewhere.
"""

from __future__ import annotations

import contextlib
import html
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screens"
COLUMNS = 80

SCREENS = {
    "card.en": "ptnote one-hot",
    "card.zh": "ptnote 独热",
    "question.en": "ptnote how to freeze layers",
    "search.zh": "ptnote search 怎么清空显存 -n 4",
    "why.en": "python train.py 2>&1 | ptnote why --quiet",
    "why.zh": "python train.py 2>&1 | ptnote why --quiet",
}
"""What is typed for each picture; its name ends in the language."""

PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 32 * 32, 10),
)
images = torch.randn(8, 3, 32, 32)
print(model(images).shape)
"""
"""`train.py`, whose error is explained."""

TEXT = re.compile(
    r'(<text class="[^"]*-r\d+" x=")([\d.]+)(" y="[\d.]+" textLength=")[\d.]+("[^>]*>)([^<]*)</text>'
)
WIDE = re.compile(r"([\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]+)")

COLUMN = 12.2
"""The width of a column in rich's pictures."""

FONT = 'Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace'


def main() -> None:
    """Make every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(PROGRAM, encoding="utf-8")
        for name, command in SCREENS.items():
            shown = output(command, name.rpartition(".")[2], Path(folder))
            (FOLDER / f"{name}.svg").write_text(picture(name, command, shown), encoding="utf-8")


def output(command: str, language: str, folder: Path) -> str:
    """What a command shows on a terminal, in a clean home."""
    places = {f"XDG_{kind}_HOME": f"{folder}/{kind.lower()}" for kind in ("CONFIG", "DATA", "STATE")}
    env = {name: value for name, value in os.environ.items() if not name.startswith("PTNOTE_")}
    env |= {"PTNOTE_LANG": language, "PTNOTE_PAGER": "cat", "PTNOTE_THEME": "dark", **places}
    env |= {"COLUMNS": str(COLUMNS), "TERM": "xterm"}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    reader, terminal = os.openpty()
    shell = ["/bin/bash", "-c", command]
    with subprocess.Popen(shell, stdin=terminal, stdout=terminal, cwd=folder, env=env):
        os.close(terminal)
        shown = b"".join(_chunks(reader))
    os.close(reader)
    return shown.decode().replace("\r\n", "\n").rstrip()


def _chunks(reader: int) -> Iterator[bytes]:
    with contextlib.suppress(OSError):  # how a terminal ends whose programs have ended
        while chunk := os.read(reader, 1 << 16):
            yield chunk


def picture(name: str, command: str, shown: str) -> str:
    """A terminal window in which a command was typed, as SVG."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text.from_ansi(shown), soft_wrap=True)
    # a font from the network is no use to readers without one
    layout = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    layout = layout.replace("Fira Code, monospace", FONT)
    made = console.export_svg(
        title=command, theme=DIMMED_MONOKAI, code_format=layout, unique_id=name.replace(".", "-")
    )
    return re.sub(r"[ \t]+$", "", TEXT.sub(_split, made), flags=re.MULTILINE)


def _split(found: re.Match[str]) -> str:
    """The text in pieces of wide and of narrow characters, each as long as its columns: rich takes every
    character for narrow, and a browser would squeeze Chinese together."""
    before, x, between, after, text = found.groups()
    column, made = float(x), []
    for piece in WIDE.split(html.unescape(text)):
        if length := cell_len(piece) * COLUMN:
            escaped = html.escape(piece, quote=False).replace(" ", "&#160;")
            made.append(f"{before}{column:g}{between}{length:g}{after}{escaped}</text>")
            column += length
    return "".join(made)


if __name__ == "__main__":
    main()
