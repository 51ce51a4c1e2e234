"""The decisions on a project's listed proposals, and the blockers of its report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widget import Widget

from console.client.vocabulary import DECISION, label_of
from console.presenters.decisions import QUOTED, in_full, outcome, state, what_is_due
from console.presenters.project_status import blocked
from console.presenters.styled_text import Phrase, with_sign
from console.routes import DecisionRoute
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


class ProjectDecisionsScreen(Searching, DecisionActs[ProjectAccount]):
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

    async def fetch(self, client: StaffClient) -> ProjectAccount:
        return await client.project_account(self._project_id)

    def account(self) -> ProjectAccount | None:
        return self.snapshot

    def _visible(self) -> list[DecisionView]:
        part = self.searched.casefold()
        return [
            decision
            for decision in (self.snapshot.decisions if self.snapshot else [])
            if self._only in (None, decision.state) and part in decision.title.casefold()
        ]

    def chosen(self) -> DecisionView | None:
        key = self.query_one(Table).selected
        return next(
            (decision for decision in self._visible() if str(decision.proposal_id) == key), None
        )

    def draw(self) -> None:
        account, language = self.snapshot, self.language
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        if account is None:
            return
        self.freshen_title()
        decisions = self._visible()
        self.query_one("#about", Static).update(
            content(Phrase(self._summary(account, len(decisions)), "dim"), stale=self.stale)
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
        rows = [self._row(decision) for decision in decisions]
        if not rows:
            sentence = NONE_MATCH if account.decisions else NOTHING_LISTED
            columns, rows = [Column("")], [Row("", (Phrase(sentence.in_(language), "dim"),))]
        table.show(columns, rows)
        self._draw_next()

    def _summary(self, account: ProjectAccount, count: int) -> str:
        status, language = account.standing, self.language
        maker = status.decision_maker
        parts = [SHOWN.say(count, language)]
        if self._only:
            parts.append(ONLY.in_(language, state=label_of(DECISION, self._only, language)))
        elif account.decisions:
            parts.append(SIGNED.say(status.signed, language))
        if status.decide_by:
            day = short_day(status.decide_by, language)
            parts.append(BY.in_(language, who=maker, day=day))
        else:
            parts.append(MAKER.in_(language, who=maker))
        return " · ".join(parts)

    def _row(self, decision: DecisionView) -> Row:
        language, today = self.language, self.shell.today
        return Row(
            str(decision.proposal_id),
            (
                Phrase(decision.title),
                with_sign(state(decision, language)),
                outcome(decision, language),
                with_sign(what_is_due(decision, today, language)),
                Phrase(number(decision.support, language), "dim"),
            ),
        )

    def _draw_next(self) -> None:
        account, language = self.snapshot, self.language
        if account is None:
            return
        wide = self.has_class("-wide")
        room = (42 if wide else self.size.width) - 3
        parts: list[Content | Phrase | str] = []
        if decision := self.chosen():
            paragraphs = in_full(decision, self.maker, self.shell.today, language)
            if wide:
                paragraphs.append(Phrase(QUOTED.in_(language, text=decision.text), "dim"))
            # Narrow screens keep the room for the table: enter shows all of it.
            for phrase in paragraphs if wide else paragraphs[:2]:
                lines = fold(phrase.text, room).splitlines()
                limit = len(lines) if wide else 2
                excerpt = "\n".join(lines[:limit]) + (" …" if len(lines) > limit else "")
                parts.append(Phrase(f"{excerpt}\n" + ("\n" if wide else ""), phrase.tone))
        phrase = with_sign(blocked(account.standing, language))
        parts.append(Phrase(fold(phrase.text, room), phrase.tone))
        self.query_one("#next", Static).update(content(*parts, stale=self.stale))

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.shell.open(DecisionRoute(self._project_id, UUID(message.key)))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_step(self) -> None:
        self._only = FILTERS[(FILTERS.index(self._only) + 1) % len(FILTERS)]
        self.draw()

    def action_back(self) -> None:
        """Out of the search first, then out of the screen."""
        if not self.leave_search():
            self.app.pop_screen()
