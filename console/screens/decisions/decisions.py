"""Projects on the way to their report, each with its progress and blockers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, Horizontal
from textual.widget import Widget

from console.presenters.project_status import blocked, in_order, where
from console.presenters.styled_text import Phrase, with_sign
from console.routes import ProjectDecisionsRoute, ReportRoute
from console.screens.base import PanelScreen, bindings
from console.screens.searching import Searching
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Count, Text, fold, full_day, number, short_day

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import ProjectStanding

TITLE = Text(fr="Décisions et retours", en="Decisions and reports")
HEADS = {
    "project": Text(fr="Projet", en="Project"),
    "where": Text(fr="Où il en est", en="Where it stands"),
    "late": Text(fr="En retard", en="Overdue"),
    "by": Text(fr="Pour le", en="By"),
    "maker": Text(fr="Décide", en="Decides"),
}
SHOWN = Count(Text(fr="{n} projet", en="{n} project"), Text(fr="{n} projets", en="{n} projects"))
LATE = Count(
    Text(fr=" · {n} décision en retard", en=" · {n} decision overdue"),
    Text(fr=" · {n} décisions en retard", en=" · {n} decisions overdue"),
)
SEARCH = Text(fr="chercher dans les titres", en="search in titles")
EMPTY = Text(
    fr="Aucun projet publié encore : chacun viendra ici, jusqu'au retour fait à tous.",
    en="No project is published yet: each comes here, until everybody has its report.",
)
NONE_MATCH = Text(fr="Aucun titre ne contient cela.", en="No title contains that.")
MAKER = Text(fr="{who} décide", en="{who} decides")
BY = Text(fr="{who} décide, pour le {day}", en="{who} decides, by {day}")


class DecisionsScreen(Searching, PanelScreen[list["ProjectStanding"]]):
    ID = "decisions"
    SERVICE = "feedback"
    BINDINGS = bindings("decisions")

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="strip"):
            yield Static(id="about")
            yield Input(id="search")
        with Container(id="body"):
            yield Table(id="statuses")
            yield Static(id="next", classes="block")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def fetch(self, client: StaffClient) -> list[ProjectStanding]:
        return await client.project_statuses()

    def _visible(self) -> list[ProjectStanding]:
        part = self.searched.casefold()
        return [
            status for status in in_order(self.snapshot or []) if part in status.title.casefold()
        ]

    def chosen(self) -> ProjectStanding | None:
        key = self.query_one(Table).selected
        return next((status for status in self._visible() if str(status.project_id) == key), None)

    def draw(self) -> None:
        language = self.language
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        if self.snapshot is None:
            return
        statuses = self._visible()
        late = sum(status.overdue for status in statuses)
        summary = SHOWN.say(len(statuses), language) + (LATE.say(late, language) if late else "")
        self.query_one("#about", Static).update(content(Phrase(summary, "dim"), stale=self.stale))
        self.query_one("#search", Input).placeholder = SEARCH.in_(language)
        columns = [
            Column(HEADS["project"].in_(language)),
            Column(HEADS["where"].in_(language), 20),
            Column(HEADS["late"].in_(language), 9, "right", keep=7),
            Column(HEADS["by"].in_(language), 8, keep=6),
        ]
        if self.has_class("-wide"):
            columns.append(Column(HEADS["maker"].in_(language), 16, keep=5))
        rows = [self._row(status) for status in statuses]
        if not rows:
            sentence = NONE_MATCH if self.snapshot else EMPTY
            columns, rows = [Column("")], [Row("", (Phrase(sentence.in_(language), "dim"),))]
        table.show(columns, rows)
        self._draw_next()

    def _row(self, status: ProjectStanding) -> Row:
        language = self.language
        return Row(
            str(status.project_id),
            (
                Phrase(status.title),
                with_sign(where(status, language)),
                Phrase(f"! {number(status.overdue, language)}", "attention")
                if status.overdue
                else Phrase("–", "dim"),
                Phrase(short_day(status.decide_by, language) if status.decide_by else "–", "dim"),
                Phrase(status.decision_maker, "dim"),
            ),
        )

    def _draw_next(self) -> None:
        status, language = self.chosen(), self.language
        if status is None:
            self.query_one("#next", Static).update("")
            return
        room = (42 if self.has_class("-wide") else self.size.width) - 3
        sentence = (
            BY.in_(
                language,
                who=status.decision_maker,
                day=full_day(status.decide_by, self.shell.today, language),
            )
            if status.decide_by
            else MAKER.in_(language, who=status.decision_maker)
        )
        phrase = with_sign(blocked(status, language))
        self.query_one("#next", Static).update(
            content(
                Phrase(f"{fold(sentence, room)}\n", "dim"),
                Phrase(fold(phrase.text, room), phrase.tone),
                stale=self.stale,
            )
        )

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.shell.open(ProjectDecisionsRoute(UUID(message.key)))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_report(self) -> None:
        if status := self.chosen():
            self.shell.open(ReportRoute(status.project_id))

    def action_copy_id(self) -> None:
        if status := self.chosen():
            self.shell.copy_id(str(status.project_id))

    def key_escape(self) -> None:
        self.leave_search()
