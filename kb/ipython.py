"""An extension of IPython and Jupyter: `%load_ext kb.ipython`, and after an exception `%why` explains it.

`%why zh` answers in Chinese, `%why en` in English; without a word the variable PTNOTE_LANG decides.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

from kb.messages.recording import frames_of

if TYPE_CHECKING:
    from kb.content.entry import Language
    from kb.library import Library
    from kb.why import Diagnosis

NOTHING = {"en": "No exception to explain.", "zh": "没有可以解释的异常。"}
UNKNOWN = {"en": "No entry explains this.", "zh": "没有条目解释这个错误。"}
FIX = {"en": "Fix:", "zh": "改法："}
EXAMPLE = {"en": "Fix, for example:", "zh": "改法示例："}

_libraries: list[Library] = []


class Told(str):
    """Text that a notebook shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def load_ipython_extension(ipython: Any) -> None:
    """Make `%why` known; IPython calls this."""
    ipython.register_magic_function(why, "line", "why")


def why(line: str = "") -> Told:
    """Explain the last exception that was not caught."""
    language = _language(line)
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if error is None:
        return Told(NOTHING[language])
    if not _libraries:
        from kb.library import Library

        _libraries.append(Library.load())
    text = "".join(traceback.format_exception(error))
    diagnosis = _libraries[0].why(text, certain=True, frames=frames_of(error))
    return Told("\n".join(_lines(diagnosis, language)) if diagnosis else UNKNOWN[language])


def _language(line: str) -> Language:
    chosen = line.strip() or os.environ.get("PTNOTE_LANG", "")
    return "zh" if chosen.startswith("zh") else "en"


def _lines(diagnosis: Diagnosis, language: Language) -> list[str]:
    """What is shown: the message, what stood on its line, the cause, the fix, and where to read on."""
    told = [diagnosis.failure.text]
    if diagnosis.seen and diagnosis.seen.facts:
        told.append(" · ".join(diagnosis.seen.facts))
    entry = diagnosis.entry
    if entry is None:
        return [*told, UNKNOWN[language], *(f"ptnote show {hit.id}" for hit in diagnosis.guesses)]
    told.append((diagnosis.means or entry.summary).get(language))
    if diagnosis.fix:
        told.append(f"{FIX[language]} {diagnosis.fix}")
    elif diagnosis.example:
        told.append(f"{EXAMPLE[language]} {diagnosis.example}")
    return [*told, f"ptnote show {entry.id}"]
