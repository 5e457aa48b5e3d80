"""What somebody wants to run with other values: `lr=0.1,0.01` → the values of each run, typed, checked."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Sequence

from msgspec import Struct

from kb.content.entry import Entry, Snippet
from kb.content.parameters import Plain, Value, changed, parameters_of
from kb.errors import BadValue

MOST = 100
"""So many runs one call may ask for."""

TRUTHS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class Variant(Struct, frozen=True):
    """A snippet with other values of its parameters."""

    values: dict[str, Plain]
    """Those that were asked for, by the names of the parameters."""
    code: str


def variants(entry: Entry, snippet: Snippet, settings: Sequence[str]) -> list[Variant]:
    """What to run for settings such as `lr=0.1,0.01`: each value of one parameter with each of the others.

    Raises BadValue for a name that the snippet does not have, for a value that does not fit it, for a name
    that is set twice, and for too many runs.
    """
    values = parameters_of(entry, snippet) if settings else ()
    chosen: dict[str, list[Plain]] = {}
    for setting in settings:
        name, value, text = _setting(entry, snippet, values, setting)
        if name in chosen:
            raise BadValue(f"'{name}' is set twice; put the values in one list: --set {name}=A,B")
        chosen[name] = [read(value, part) for part in _parts(text)]
    count = math.prod(map(len, chosen.values()))
    if count > MOST:
        raise BadValue(f"{count} runs are too many, at most {MOST}; give fewer values")
    made = (dict(zip(chosen, each, strict=True)) for each in itertools.product(*chosen.values()))
    return [Variant(wanted, changed(snippet, values, wanted).code) for wanted in made]


def _setting(entry: Entry, snippet: Snippet, values: Sequence[Value], setting: str) -> tuple[str, Value, str]:
    """A setting taken apart: the name, what it stands for, and the values, still as text."""
    name, _, text = (part.strip() for part in setting.partition("="))
    value = next((one for one in values if one.name == name), None)
    if value is None:
        raise BadValue(_unknown(entry, snippet, name, values))
    if not text:
        raise BadValue(f"'{setting}' sets nothing; try: --set {name}={value.written}")
    return name, value, text


def _unknown(entry: Entry, snippet: Snippet, name: str, values: Sequence[Value]) -> str:
    told = ", ".join(f"{value.name}={value.written}" for value in values)
    if told:
        return f"{entry.id}/{snippet.name} has no parameter '{name}'; it has: {told}"
    others = [one.name for one in entry.snippets if one.parameters]
    advice = f"those with some: {', '.join(others)}" if others else f"try: ptnote run {entry.id} --edit"
    return f"{entry.id}/{snippet.name} has no parameters; {advice}"


def _parts(text: str) -> list[str]:
    """A list of values taken apart at its commas, but for those in brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if letter == "," and not depth and not quote:
            parts.append("")
            continue
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and not parts[-1].strip():
            quote = letter
        depth += (letter in "([") - (letter in ")]") if not quote else 0
        parts[-1] += letter
    return [part.strip() for part in parts]


def read(value: Value, text: str) -> Plain:
    """A value from what somebody typed. Raises BadValue if it does not fit the type of the default."""
    try:
        plain = _plain(value.default, text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        example = f"--set {value.name}={value.written}"
        raise BadValue(f"'{text}' does not fit {value.name}, which is {value.kind}; {example}") from error
    return plain


def _plain(default: Plain, text: str) -> Plain:
    """Raises ValueError, or what else `ast.literal_eval` raises."""
    if isinstance(default, bool):
        if text.lower() not in TRUTHS:
            raise ValueError(text)
        return TRUTHS[text.lower()]
    if isinstance(default, str):
        return _unquoted(text)
    typed = ast.literal_eval(text)
    if isinstance(default, int | float):
        return _number(typed, whole=isinstance(default, int))
    if not isinstance(typed, tuple | list) or not typed:
        raise ValueError(text)
    whole = all(isinstance(one, int) for one in default)
    return type(default)(_number(one, whole) for one in typed)


def _number(typed: object, whole: bool) -> float:
    if isinstance(typed, bool) or not isinstance(typed, int if whole else int | float):
        raise ValueError(typed)
    if not whole and not math.isfinite(typed):  # no literal says so
        raise ValueError(typed)
    return typed if whole else float(typed)


def _unquoted(text: str) -> str:
    if text[:1] in ("'", '"'):
        typed = ast.literal_eval(text)
        if not isinstance(typed, str):
            raise ValueError(text)
        return typed
    return text
