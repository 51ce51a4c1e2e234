"""A project's decisions: each listed proposal with its answer, and what the report waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widget import Widget

from console.client.vocabulary import DECISION, say
from console.presenters.decisions import QUOTED, in_full, outcome, state, what_is_due
from console.presenters.project_status import blocked
from console.presenters.styled_text import Said, signed
from console.screens.base import bindings
from console.screens.decisions.decision_acts import DecisionActs
from console.screens.searching import Searching
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Count, Text, fold, number, short_day
from services.contracts.http.feedback import ProjectAccount

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import DecisionView

TITLE = Text(fr="Décisions : {title}", en="Decisions: {title}")
HEADS = {
    "title": Text(fr="Proposition", en="Proposal"),
    "support": Text(fr="Soutien", en="Support"),
    "state": Text(fr="Étape", en="Step"),
    "outcome": Text(fr="Issue", en="Outcome"),
    "due": Text(fr="Échéance", en="Due"),
}
SHOWN = Count(
    Text(fr="{n} proposition", en="{n} proposal"), Text(fr="{n} propositions", en="{n} proposals")
)
SIGNED = Count(
    Text(fr="{n} décision signée", en="{n} decision signed"),
    Text(fr="{n} décisions signées", en="{n} decisions signed"),
)
MAKER = Text(fr="{who} décide", en="{who} decides")
BY = Text(fr="{who} décide, pour le {day}", en="{who} decides, by {day}")
ONLY = Text(fr="montrées : {state}", en="shown: {state}")
SEARCH = Text(fr="chercher dans les titres", en="search in titles")
NOTHING_LISTED = Text(
    fr="Rien à décider encore : la synthèse (5) listera les propositions.",
    en="Nothing to decide yet: the synthesis (5) will list the proposals.",
)
NONE_MATCH = Text(
    fr="Aucune proposition ne correspond : f change le filtre, / la recherche.",
    en="No proposal matches: f changes the filter, / the search.",
)
FILTERS = (None, *DECISION)


class AccountScreen(Searching, DecisionActs[ProjectAccount]):
    ID = "account"
    SERVICE = "feedback"
    BINDINGS = bindings("account")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._only: str | None = None

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="strip"):
            yield Static(id="about")
            yield Input(id="search")
        with Container(id="body"):
            yield Table(id="decisions")
            yield Static(id="next", classes="block")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def title_in_words(self) -> str:
        title = self.snapshot.standing.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    async def read(self, client: StaffClient) -> ProjectAccount:
        return await client.project_account(self._project_id)

    def account(self) -> ProjectAccount | None:
        return self.snapshot

    def _shown(self) -> list[DecisionView]:
        part = self.searched.casefold()
        return [
            one
            for one in (self.snapshot.decisions if self.snapshot else [])
            if self._only in (None, one.state) and part in one.title.casefold()
        ]

    def chosen(self) -> DecisionView | None:
        key = self.query_one(Table).selected
        return next((one for one in self._shown() if str(one.proposal_id) == key), None)

    def draw(self) -> None:
        account, language = self.snapshot, self.language
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        if account is None:
            return
        self.freshen_title()
        shown = self._shown()
        self.query_one("#about", Static).update(
            content(Said(self._about(account, len(shown)), "dim"), stale=self.stale)
        )
        self.query_one("#search", Input).placeholder = SEARCH.in_(language)
        columns = [
            Column(HEADS["title"].in_(language)),
            Column(HEADS["state"].in_(language), 19),
            Column(HEADS["outcome"].in_(language), 12),
            Column(HEADS["due"].in_(language), 16, keep=7),
        ]
        if self.has_class("-wide"):
            columns.append(Column(HEADS["support"].in_(language), 7, "right"))
        rows = [self._row(one) for one in shown]
        if not rows:
            words = NONE_MATCH if account.decisions else NOTHING_LISTED
            columns, rows = [Column("")], [Row("", (Said(words.in_(language), "dim"),))]
        table.show(columns, rows)
        self._draw_next()

    def _about(self, account: ProjectAccount, shown: int) -> str:
        standing, language = account.standing, self.language
        who = standing.decision_maker
        parts = [SHOWN.say(shown, language)]
        if self._only:
            parts.append(ONLY.in_(language, state=say(DECISION, self._only, language)))
        elif account.decisions:
            parts.append(SIGNED.say(standing.signed, language))
        if standing.decide_by:
            day = short_day(standing.decide_by, language)
            parts.append(BY.in_(language, who=who, day=day))
        else:
            parts.append(MAKER.in_(language, who=who))
        return " · ".join(parts)

    def _row(self, one: DecisionView) -> Row:
        language, today = self.language, self.panel.today
        return Row(
            str(one.proposal_id),
            (
                Said(one.title),
                signed(state(one, language)),
                outcome(one, language),
                signed(what_is_due(one, today, language)),
                Said(number(one.support, language), "dim"),
            ),
        )

    def _draw_next(self) -> None:
        account, language = self.snapshot, self.language
        if account is None:
            return
        wide = self.has_class("-wide")
        room = (42 if wide else self.size.width) - 3
        parts: list[Content | Said | str] = []
        if one := self.chosen():
            paragraphs = in_full(one, self.maker, self.panel.today, language)
            if wide:
                paragraphs.append(Said(QUOTED.in_(language, text=one.text), "dim"))
            # Narrow screens keep the room for the table: enter shows all of it.
            for said in paragraphs if wide else paragraphs[:2]:
                lines = fold(said.text, room).splitlines()
                most = len(lines) if wide else 2
                kept = "\n".join(lines[:most]) + (" …" if len(lines) > most else "")
                parts.append(Said(f"{kept}\n" + ("\n" if wide else ""), said.tone))
        what = signed(blocked(account.standing, language))
        parts.append(Said(fold(what.text, room), what.tone))
        self.query_one("#next", Static).update(content(*parts, stale=self.stale))

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.panel.decision_for(self._project_id, UUID(message.key))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_step(self) -> None:
        self._only = FILTERS[(FILTERS.index(self._only) + 1) % len(FILTERS)]
        self.draw()

    def action_back(self) -> None:
        """Out of the search first, then out of the screen."""
        if not self.leave_search():
            self.app.pop_screen()
