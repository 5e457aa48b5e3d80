"""What a sheet holds: which entries, in which languages, and how much of each."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from msgspec import Struct

from kb.content.entry import Entry, Language, Snippet, Text


class Figure(Struct, frozen=True):
    """A picture that a snippet drew."""

    entry: str
    snippet: str
    name: str
    """The file that the snippet wrote."""
    kind: str
    """Its media type, such as image/png."""
    data: bytes

    @property
    def address(self) -> str:
        """The picture as an address that holds it."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


class Group(Struct, frozen=True):
    """The entries of one category, in reading order."""

    category: str
    name: Text | None
    """What people call it, if there is a name beyond the one of the folder."""
    entries: tuple[Entry, ...]

    @property
    def title(self) -> Text:
        """The name that readers see."""
        return self.name or Text(en=self.category, zh=self.category)


class Sheet(Struct, frozen=True, kw_only=True):
    """What goes into a file."""

    groups: tuple[Group, ...]
    languages: tuple[Language, ...]
    """One or both. A page always holds both; there these are the ones it opens in."""
    everything: bool = False
    """All of each entry, instead of what its card shows."""
    figures: tuple[Figure, ...] = ()

    @property
    def entries(self) -> list[Entry]:
        """All entries."""
        return [entry for group in self.groups for entry in group.entries]

    @property
    def title(self) -> Text:
        """What the sheet is called: after its category, if there is only one."""
        if len(self.groups) == 1 and len(self.groups[0].entries) > 1:
            only = self.groups[0].title
            return Text(en=f"PyTorch: {only.en}", zh=f"PyTorch：{only.zh}")
        if len(self.entries) == 1:
            return self.entries[0].title
        return Text(en="PyTorch reference", zh="PyTorch 速查")

    def figures_of(self, entry: Entry, snippet: Snippet) -> list[Figure]:
        """The pictures that a snippet drew."""
        return [one for one in self.figures if (one.entry, one.snippet) == (entry.id, snippet.name)]

    def said(self, text: Text) -> Iterator[str]:
        """The text in each language of the sheet, once if both say the same."""
        yield from dict.fromkeys(text.get(language) for language in self.languages)

    def joined(self, text: Text) -> str:
        """The same in one line."""
        return " · ".join(" ".join(one.split()) for one in self.said(text))
