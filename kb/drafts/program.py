"""A block as a program that stands alone: with the imports that it takes for granted, and behind those of the
earlier blocks of its section whose names it uses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from kb.drafts.code import Code

MODULES = {
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "optim": "import torch.optim as optim",
    "init": "import torch.nn.init as init",
    "dist": "import torch.distributed as dist",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "plt": "import matplotlib.pyplot as plt",
    "pd": "import pandas as pd",
    "cv2": "import cv2",
    "PIL": "import PIL.Image",
    "Image": "from PIL import Image",
    "torchvision": "import torchvision",
    "transforms": "from torchvision import transforms",
    "datasets": "from torchvision import datasets",
    "models": "from torchvision import models",
    "lr_scheduler": "from torch.optim import lr_scheduler",
    **{
        name: f"import {name}"
        for name in ("os", "sys", "math", "time", "random", "copy", "json", "re", "shutil")
    },
}
"""What people call the modules that they take for granted, where an attribute of it is used."""

USED_AS = {
    "optim": r"\boptim\.(?:[A-Z]|lr_scheduler)",
    "init": r"\binit\.\w+_\(",
    "datasets": r"\bdatasets\.[A-Z]",
    "models": r"\bmodels\.[a-z]\w+\(",
}
"""How the attributes look of those whose name is also that of other things."""

NAMES = {
    **{name: f"from torch.utils.data import {name}" for name in ("Dataset", "DataLoader", "TensorDataset")},
    "SummaryWriter": "from torch.utils.tensorboard import SummaryWriter",
    "Variable": "from torch.autograd import Variable",
    "tqdm": "from tqdm import tqdm",
    "OrderedDict": "from collections import OrderedDict",
    "defaultdict": "from collections import defaultdict",
    "partial": "from functools import partial",
    "Path": "from pathlib import Path",
    "deepcopy": "from copy import deepcopy",
}
"""The same of what is used without an attribute."""


class Program(Struct, frozen=True, kw_only=True):
    """The program that is run for a block."""

    text: str
    lines: tuple[int, ...]
    """The line of the file for each of its lines; 0 for what was added."""
    owners: tuple[int, ...]
    """The number of the block, in its section, that each of its lines comes from; -1 for what was added."""
    uses: tuple[int, ...]
    """The numbers of the earlier blocks in it."""
    added: tuple[str, ...]
    """The import statements at its beginning."""
    borrowed: dict[int, int] = {}
    """For those of its lines that are imports of other blocks, the lines of the file of these."""
    lacks: tuple[str, ...]
    """The names that nothing in it defines."""
    waits: int = -1
    """The number of an earlier block that it needs and that does not run; -1 if there is none."""


class Chain:
    """The blocks of a section, and which of them each one needs."""

    def __init__(self, codes: Sequence[Code], known: Mapping[str, tuple[str, int]]) -> None:
        """`known` has, for names that the file imports anywhere, the statement and its line."""
        self.codes, self._known = codes, known
        self._needed: list[frozenset[int]] = []
        made: dict[str, int] = {}
        """The last block so far that defines each name."""
        for number, code in enumerate(codes):
            makers = {made[name] for name in code.lacks if name in made} if code.is_program else set()
            self._needed.append(frozenset(makers).union(*(self._needed[maker] for maker in makers)))
            if code.is_program:
                made |= dict.fromkeys(code.defines, number)

    def program(self, number: int, good: Sequence[bool]) -> Program:
        """The program of a block; `good` says of each one before it whether it ran."""
        codes, needed = self.codes, self._needed[number]
        waits = next((n for n in sorted(needed) if not good[n]), -1)
        parts = [*(n for n in self._touching(number) if good[n]), number]
        lacking = [name for n in parts for name in codes[n].lacks]
        used = "\n".join(codes[n].text for n in parts)
        added: dict[str, int] = {}
        lacks = []
        for name in dict.fromkeys(lacking):
            usual = _import(name, used)
            statement, line = (usual, 0) if usual else self._known.get(name, ("", 0))
            if _defined_before(name, parts, codes):
                continue
            if statement:
                added.setdefault(statement, line)
            else:
                lacks.append(name)
        return _joined(parts, codes, added, tuple(lacks), waits)

    def _touching(self, number: int) -> list[int]:
        """The needed blocks, and those between them that may change what they define: an optimizer that gets
        another group of parameters, for example."""
        needed = self._needed[number]
        names = {name for n in needed for name in self.codes[n].defines}
        found = set(needed)
        for n in range(min(needed, default=number), number):
            code = self.codes[n]
            if code.is_program and names & code.mentions and self._needed[n] <= found:
                found.add(n)
        return sorted(found)


def _defined_before(name: str, parts: Sequence[int], codes: Sequence[Code]) -> bool:
    """Whether each block of the program that uses a name comes after one that defines it."""
    users = [n for n in parts if name in codes[n].lacks]
    makers = [n for n in parts if name in codes[n].defines or name in codes[n].imports]
    return bool(makers) and makers[0] < users[0]


def _import(name: str, text: str) -> str:
    """The statement that usually imports what a program calls by this name."""
    if name == "tqdm" and "tqdm.tqdm" in text:
        return "import tqdm"
    if name in MODULES:
        used = USED_AS.get(name, rf"\b{name}\.\w")
        return MODULES[name] if re.search(used, text) else ""
    return NAMES.get(name, "")


def _joined(
    parts: Sequence[int], codes: Sequence[Code], added: dict[str, int], lacks: tuple[str, ...], waits: int
) -> Program:
    """The imports, and then the blocks one after the other."""
    rows = [(row, 0, -1) for row in added]
    for n in parts:
        if rows:
            rows.append(("", 0, -1))
        code = codes[n].text.rstrip("\n").split("\n")
        rows += [(row, line, n) for row, line in zip(code, codes[n].lines, strict=False)]
    return Program(
        text="\n".join(row for row, _, _ in rows) + "\n",
        lines=tuple(line for _, line, _ in rows),
        owners=tuple(owner for _, _, owner in rows),
        uses=tuple(parts[:-1]),
        added=tuple(added),
        borrowed={row: line for row, line in enumerate(added.values(), 1) if line},
        lacks=lacks,
        waits=waits,
    )
