"""Lines of a note that look as if they held a secret, found by detect-secrets.

Only the number of the line and the kind of secret leave this module. Nothing is verified over a network:
the filters that detect-secrets uses by default ask nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kb.errors import MissingExtra

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

CONFIGURATION = "notes.conf"
"""The name under which lines of text are looked at: in a file of settings a password needs no quotes."""

PROGRAM = "notes.py"
"""The name under which lines of Python are looked at."""

_ANNOUNCED = re.compile(
    r"token|secret|passw(?:or)?d|passphrase|\bpwd\b|credential|api[ _-]?key|access[ _-]?key|private[ _-]?key"
    r"|\bkey\b\s*[:=]|\blogin\b|\bbearer\b|密码|口令|密钥|令牌|授权码|访问码",
    re.IGNORECASE,
)
"""Words that announce a secret, in their line or in the next one."""
_TOLD = re.compile(
    r"(?:passw(?:or)?d|passphrase|\bpwd|密码|口令|密钥|令牌|授权码)\s*(?:[:=：]|是|为)\s*(\S{4,})",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9_+/=-]{20,}")
_PREFIXED = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|glpat-|xox[abps]-|AIza)[A-Za-z0-9_-]{16,}")
"""Keys of services that hand them out with a beginning of their own, some of which detect-secrets does not
know."""
_IN_ADDRESS = re.compile(r"://[^\s/:@<{$]+:[^\s/@<{$]+@[\w.]")
_BEGIN, _END = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")
_KEY_LINE = re.compile(r"[\s>*-]*[A-Za-z0-9+/=:, -]{16,}\s*")


def secrets_in(lines: Sequence[str], python: Collection[int]) -> dict[int, str]:
    """The numbers of the lines, counted from 1, that look as if they held a secret, each with its kind.

    `python` names the lines of Python code, where a password stands in quotes. Raises MissingExtra.
    """
    try:
        from detect_secrets.core.plugins.initialize import from_plugin_classname
        from detect_secrets.settings import default_settings, get_settings
    except ImportError as error:
        raise MissingExtra("ptnote import", "import") from error
    found: dict[int, str] = {}
    with default_settings():
        plugins: list[BasePlugin] = [from_plugin_classname(name) for name in get_settings().plugins]
        for number, line in enumerate(lines, 1):
            if len(line) >= 4 and (kind := _kind(line, number in python, plugins)):
                found[number] = kind
    return found | _announced(lines, python) | _key_blocks(lines)


def _kind(line: str, python: bool, plugins: list[BasePlugin]) -> str:
    """What detect-secrets takes a line for; empty if it takes it for nothing."""
    if _PREFIXED.search(line):
        return "Service Key"
    if _IN_ADDRESS.search(line):
        return "Basic Auth Credentials"
    filename = PROGRAM if python else CONFIGURATION
    return next((kind for plugin in plugins for kind in _kinds(plugin, filename, line)), "")


def _kinds(plugin: BasePlugin, filename: str, line: str) -> Iterator[str]:
    """The kinds of secret that a plugin finds in a line, but for what the filters take for harmless."""
    from detect_secrets.settings import get_filters
    from detect_secrets.util.code_snippet import get_code_snippet
    from detect_secrets.util.inject import call_function_with_arguments

    context: Any = get_code_snippet(lines=[line], line_number=1)
    filters: list[Any] = [one for one in get_filters() if {"secret", "line"} & {*one.injectable_variables}]
    for secret in plugin.analyze_line(filename=filename, line=line, line_number=1, context=context):
        known = {"filename": filename, "secret": secret.secret_value, "plugin": plugin}
        known |= {"line": line, "context": context}
        if not any(call_function_with_arguments(one, **known) for one in filters):
            yield secret.type


def _announced(lines: Sequence[str], python: Collection[int]) -> dict[int, str]:
    """Lines with a word that looks random, where this line or the one before it announces a secret; and what
    is said to be a password, whatever it looks like."""
    found: dict[int, str] = {}
    before = ""
    for number, line in enumerate(lines, 1):
        near = f"{before}\n{line}"
        random = _ANNOUNCED.search(near) and any(map(_looks_random, _WORD.findall(line)))
        told = _TOLD.search(line) if number not in python else None
        if random or (told and _looks_secret(told[1])):
            found[number] = "Announced Secret"
        before = line if line.strip() else before
    return found


def _looks_random(word: str) -> bool:
    """Whether a long word is none that a person makes up: digits among letters of both cases, or hex."""
    digits = sum(map(str.isdigit, word))
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", word):
        return 0 < digits < len(word)
    return digits > 1 and word.lower() != word and word.upper() != word


def _looks_secret(word: str) -> bool:
    """Whether a word that stands for a password is one, and not a name, a call or a placeholder."""
    word = word.strip("`'\"*，。,.;；")
    return len(word) >= 4 and any(map(str.isdigit, word)) and not re.search(r"[(<{\[$]|^\d+$", word)


def _key_blocks(lines: Sequence[str]) -> dict[int, str]:
    """All lines of private keys, to the line that ends one, or for as long as lines look like parts of it."""
    found: dict[int, str] = {}
    inside = ""
    for number, line in enumerate(lines, 1):
        if _BEGIN.search(line):
            inside = "Private Key"
        if inside:
            ends = _END.search(line) is not None
            if not ends and not _BEGIN.search(line) and not _KEY_LINE.fullmatch(line):
                inside = ""
                continue
            found[number] = inside
            inside = "" if ends else inside
    return found
