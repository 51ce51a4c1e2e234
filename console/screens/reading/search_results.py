"""Contributions found by their words, or those that support one proposal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.widget import Widget

from console.presenters.styled_text import Phrase
from console.routes import ContributionRoute
from console.screens.base import PanelScreen, bindings
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Count, Text, elide, number

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.reading import ContributionPage, ContributionView

SEARCHING = Text(fr="Chercher dans les contributions", en="Search in the contributions")
SUPPORTING = Text(
    fr="Contributions qui soutiennent la proposition", en="Contributions that support the proposal"
)
PLACEHOLDER = Text(fr="des mots, puis entrée", en="words, then enter")
HEADS = {
    "words": Text(fr="Contribution", en="Contribution"),
    "readings": Text(fr="Lectures", en="Readings"),
}
FOUND = Count(
    Text(fr="{n} contribution", en="{n} contribution"),
    Text(fr="{n} contributions", en="{n} contributions"),
)
MORE = Text(fr=" ou plus : précisez les mots", en=" or more: give more words")
NONE = Text(fr="Aucune contribution ne contient ces mots.", en="No contribution has these words.")
HIDDEN = Text(fr="[masquée : {reason}]", en="[hidden: {reason}]")


class SearchResultsScreen(PanelScreen["ContributionPage"]):
    ID = "found"
    SERVICE = "responses"
    BINDINGS = bindings("found")

    def __init__(self, project_id: UUID, proposal_id: UUID | None) -> None:
        super().__init__()
        self._project_id = project_id
        self._proposal_id = proposal_id
        self._words = ""

    def compose_body(self) -> Iterable[Widget]:
        if self._proposal_id is None:
            yield Input(id="wanted")
        yield Static(id="about", classes="pane")
        yield Table(id="found")

    def on_mount(self) -> None:
        self.query_one(Table if self._proposal_id else Input).focus()

    def title_in_words(self) -> str:
        return (SUPPORTING if self._proposal_id else SEARCHING).in_(self.language)

    async def fetch(self, client: StaffClient) -> ContributionPage:
        if self._proposal_id:
            return await client.supporting_contributions(self._proposal_id)
        return await client.contributions(self._project_id, self._words)

    def draw(self) -> None:
        language, page = self.language, self.snapshot
        for field in self.query(Input):
            field.placeholder = PLACEHOLDER.in_(language)
        if page is None:
            return
        summary = FOUND.say(len(page.found), language)
        if page.next_after:
            summary += MORE.in_(language)
        self.query_one("#about", Static).update(content(Phrase(summary, "dim"), stale=self.stale))
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        columns = [
            Column(HEADS["words"].in_(language)),
            Column(HEADS["readings"].in_(language), 9, "right"),
        ]
        rows = [self._row(contribution) for contribution in page.found]
        if not rows:
            columns, rows = [Column("")], [Row("", (Phrase(NONE.in_(language), "dim"),))]
        table.show(columns, rows, mark=False)

    def _row(self, contribution: ContributionView) -> Row:
        text = " ".join(contribution.words.split())
        if contribution.is_hidden:
            text = HIDDEN.in_(self.language, reason=contribution.moderation[0].reason)
        readings = number(len(contribution.readings), self.language)
        return Row(
            str(contribution.id),
            (
                Phrase(elide(text, 200) or "–", "dim" if contribution.is_hidden else ""),
                Phrase(readings) if contribution.readings else Phrase(f"! {readings}", "attention"),
            ),
        )

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self._words = message.value.strip()
        self.want()
        self.query_one(Table).focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.shell.open(ContributionRoute(self._project_id, UUID(message.key)))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_back(self) -> None:
        self.app.pop_screen()
