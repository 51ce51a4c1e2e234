"""Searching in what a table shows: a field that `/` opens and escape closes."""

from __future__ import annotations

from abc import abstractmethod

from textual.screen import Screen

from console.widgets.table import Table
from console.widgets.text import Input


class Searching(Screen[None]):
    """Mixin for a screen with one table and a field called `search`, whose text is `searched`."""

    searched = ""

    @abstractmethod
    def draw(self) -> None:
        """Show what matches."""

    def action_search(self) -> None:
        search = self.query_one("#search", Input)
        search.add_class("-open")
        search.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        self.searched = message.value
        self.draw()

    def on_input_submitted(self) -> None:
        self.query_one(Table).focus()

    def leave_search(self) -> bool:
        """First the words typed are given up, then the field. Whether it was open."""
        search = self.query_one("#search", Input)
        if not search.has_class("-open"):
            return False
        search.value = ""
        search.remove_class("-open")
        self.query_one(Table).focus()
        return True
