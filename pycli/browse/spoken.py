"""A screen whose texts follow the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

if TYPE_CHECKING:
    from pycli.browse.app import Browse


class Spoken(Screen[None]):
    """A screen that can say everything again, in another language."""

    @property
    def browse(self) -> Browse:
        """The application, under its own type."""
        from pycli.browse.app import Browse

        assert isinstance(self.app, Browse)
        return self.app

    def retell(self) -> None:
        """Say everything again: the language, the device, or the entries have changed."""
        raise NotImplementedError
