"""What language a block of code is in: what its fence says, unless what it holds says otherwise."""

from __future__ import annotations

import re

PYTHON = "python"

_SAID = {
    **dict.fromkeys(("python", "py", "python3", "py3", "ipython", "ipython3", "pytorch", "pycon"), PYTHON),
    **dict.fromkeys(
        ("bash", "sh", "shell", "zsh", "console", "cmd", "bat", "powershell", "terminal"), "shell"
    ),
    **dict.fromkeys(("text", "txt", "plain", "plaintext"), "text"),
    **dict.fromkeys(("output", "out", "log", "stdout"), "output"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
}
"""What stands behind a fence, and what it means here. Other names stand for themselves."""

_PROGRAMS = (
    "pip3? |conda |git |wget |curl |sudo |apt(?:-get)? |brew |docker |nvidia-smi|nvcc|cd |ls\\b|mkdir "
    "|export |source |python3? [\\w./-]+\\.py|python3? -m |torchrun |ssh |scp |tensorboard |jupyter |kill "
    "|make |chmod |tar "
)
_SHELL = re.compile(rf"\s*(?:\$ |[%!]?(?:[A-Z_]+ ?= ?[\w,，]+ )?(?:{_PROGRAMS}))")
_OUTPUT = re.compile(
    r"\s*(?:tensor\(|torch\.Size\(|array\(\[|Traceback \(most|\w*(?:Error|Warning|Exception): |<class '"
    r"|[\[\]\d., eE+-]+$)"
)
_SHOWN = re.compile(r"\s*(?:tensor|array|torch\.Size)\([(\[]")
_CODE = re.compile(
    r"\s*(?:import \w|from [\w.]+ import |def \w+\(|class \w+|@\w|for \w+ in \w+\(|for .+ in .+:|if .+:"
    r"|elif .+:|else:|while .+:|with .+:|return\b|try:|except\b|[\w.\[\]'\", ]+ ?[-+*/|&]?= ?\S"
    r"|[\w.]+\([^)]*\)?|#)"
)


def language_of(info: str, code: str, parses: bool) -> str:
    """The language of a block: `python`, `shell`, `output`, `text`, or what its fence says.

    `info` is what stands behind the fence; `parses` says whether the code is a Python program that does
    something.
    """
    said = _named(info)
    lines = [line for line in code.split("\n") if line.strip()]
    if not lines:
        return said or "text"
    if said == PYTHON and not parses:
        return "shell" if _is_shell(lines) else "output" if _SHOWN.match(lines[0]) else PYTHON
    return said or _guessed(lines, parses)


def _named(info: str) -> str:
    """What a fence says, without what some programs add: `{.python .numberLines}`, `python]`, `py:a.py`."""
    found = re.match(r"[\s{.]*([\w+#-]+)", info)
    name = found[1].lower() if found else ""
    return _SAID.get(name, name)


def _guessed(lines: list[str], parses: bool) -> str:
    """The language of a block that says nothing about it."""
    if _is_shell(lines):
        return "shell"
    if lines[0].startswith(">>>"):
        return PYTHON
    if _OUTPUT.match(lines[0]):
        return "output"
    likely = sum(1 for line in lines if _CODE.match(line)) * 2 > len(lines)
    return PYTHON if parses or likely else "text"


def _is_shell(lines: list[str]) -> bool:
    """Whether every line that is no comment begins a command, or goes on with one."""
    told = [line for line in lines if not line.lstrip().startswith("#")]
    starts = [
        bool(_SHELL.match(line)) or before.rstrip().endswith("\\")
        for before, line in zip(["", *told], told, strict=False)
    ]
    return bool(told) and all(starts)
