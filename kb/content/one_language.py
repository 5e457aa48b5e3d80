"""Texts that were written in one language, which entries outside the built-in ones may have: the other
language shows the same text. `check` suggests to add what is missing."""

from __future__ import annotations

from typing import Any

import msgspec

from kb.content.entry import LANGUAGES, Content, Text


def complete(data: Any, kind: type[Content]) -> None:
    """Give the texts in the data of an entry file both languages, in place: `{en: …}` becomes
    `{en: …, zh: …}`, and so does a plain text that stands for a bilingual one."""
    _completed(data, msgspec.inspect.type_info(kind))


def _completed(value: Any, info: Any) -> Any:
    """The value as it is to stand there; mappings and lists are changed in place."""
    choices = _choices(info)
    structs = [one for one in choices if isinstance(one, msgspec.inspect.StructType)]
    if isinstance(value, str):
        bilingual = any(issubclass(one.cls, Text) for one in structs)
        plain = any(isinstance(one, msgspec.inspect.StrType) for one in choices)
        return dict.fromkeys(LANGUAGES, value) if bilingual and not plain else value
    if isinstance(value, dict):
        for struct in structs:
            for field in struct.fields:
                if field.name in value:
                    value[field.name] = _completed(value[field.name], field.type)
            if issubclass(struct.cls, Text):
                _translate(value)
    if isinstance(value, list):
        for one in choices:
            if isinstance(one, msgspec.inspect.VarTupleType):
                value[:] = [_completed(item, one.item_type) for item in value]
    return value


def _translate(text: dict[str, Any]) -> None:
    written = [text[language] for language in LANGUAGES if isinstance(text.get(language), str)]
    if len(written) == 1:
        for language in LANGUAGES:
            text.setdefault(language, written[0])


def _choices(info: Any) -> list[Any]:
    """The types that a value may have, without annotations."""
    if isinstance(info, msgspec.inspect.Metadata):
        return _choices(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return [one for each in info.types for one in _choices(each)]
    return [info]
