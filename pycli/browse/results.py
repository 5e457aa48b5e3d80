"""The list on the left: what a search found, or every entry by category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual import events
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from kb import Head, Hit, Text, visible
from pycli.terminal import labels as texts
from pycli.terminal.labels import Languages


class Results(OptionList):
    """Entries, two lines each. A click chooses one, a click on the chosen one opens it."""

    @property
    def chosen(self) -> str | None:
        """The id of the entry under the cursor."""
        option = self.highlighted_option
        return option.id if option else None

    def list_hits(self, hits: Iterable[Hit], languages: Languages) -> None:
        """Show what a search found, the best first."""
        self._replace(_option(hit.id, hit.title, languages) for hit in hits)

    def list_all(self, heads: Iterable[Head], categories: Mapping[str, Text], languages: Languages) -> None:
        """Show all entries, under the names of their categories."""
        self._replace(_by_category(heads, categories, languages))

    def _replace(self, options: Iterable[Option]) -> None:
        kept = self.chosen
        with self.app.batch_update():
            self.clear_options()
            self.add_options(options)
            if kept and any(option.id == kept for option in self.options):
                self.highlighted = self.get_option_index(kept)
            else:
                self.action_first()

    def choose_first(self) -> None:
        """Put the cursor on the first entry."""
        self.action_first()

    async def _on_click(self, event: events.Click) -> None:
        event.prevent_default()  # which would open it at the first click
        clicked: int | None = event.style.meta.get("option")
        if clicked is None or self.options[clicked].disabled:
            return
        if clicked == self.highlighted:
            self.action_select()
        self.highlighted = clicked


def _by_category(
    heads: Iterable[Head], categories: Mapping[str, Text], languages: Languages
) -> Iterator[Option]:
    last = ""
    for head in heads:
        if head.category != last:
            last = head.category
            name = texts.pick(categories[last], languages) if last in categories else last
            yield Option(Content.styled(f"── {visible(name)}", "$text-accent"), disabled=True)
        yield _option(head.id, head.title, languages)


def _option(id: str, title: Text, languages: Languages) -> Option:
    said = visible(texts.pick(title, languages)).replace("\n", " ")
    return Option(Content.assemble((id, "bold"), "\n", ("  " + said, "dim")), id=id)
