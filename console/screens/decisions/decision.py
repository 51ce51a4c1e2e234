"""One decision in full: what is answered, why, what next, who signs, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.presenters.decisions import in_full
from console.presenters.styled_text import Said
from console.screens.base import bindings
from console.screens.decisions.decision_acts import DecisionActs
from console.widgets.styled_text import content
from console.widgets.text import Static
from console.words import Count, Text, fold
from services.contracts.http.feedback import ProjectAccount

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import DecisionView

TITLE = Text(fr="Décision : {title}", en="Decision: {title}")
PROPOSAL = Text(fr="LA PROPOSITION", en="THE PROPOSAL")
ANSWER = Text(fr="LA RÉPONSE", en="THE ANSWER")
SUPPORT = Count(
    Text(fr="soutenue par {n} contribution", en="supported by {n} contribution"),
    Text(fr="soutenue par {n} contributions", en="supported by {n} contributions"),
)
GONE = Text(
    fr="Cette proposition n'est plus dans la synthèse.",
    en="This proposal is no longer in the synthesis.",
)


class DecisionScreen(DecisionActs[ProjectAccount]):
    ID = "decision"
    SERVICE = "feedback"
    BINDINGS = bindings("decision")

    def __init__(self, project_id: UUID, proposal_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._proposal_id = proposal_id

    def compose_body(self) -> Iterable[Widget]:
        with VerticalScroll(id="words"):
            yield Static(id="text", classes="pane")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def title_in_words(self) -> str:
        one = self.chosen()
        return TITLE.in_(self.language, title=one.title if one else "…")

    async def read(self, client: StaffClient) -> ProjectAccount:
        return await client.project_account(self._project_id)

    def account(self) -> ProjectAccount | None:
        return self.snapshot

    def chosen(self) -> DecisionView | None:
        decisions = self.snapshot.decisions if self.snapshot else []
        return next((one for one in decisions if one.proposal_id == self._proposal_id), None)

    def draw(self) -> None:
        one, language = self.chosen(), self.language
        if self.snapshot is None:
            return
        self.freshen_title()
        if one is None:
            self.query_one("#text", Static).update(content(Said(GONE.in_(language), "attention")))
            return
        room = min(self.size.width, 100) - 4
        about = SUPPORT.say(one.support, language) + (f" · {one.theme}" if one.theme else "")
        parts: list[Content | Said | str] = [
            Said(f"{PROPOSAL.in_(language)}  {about}\n", "dim"),
            Said(f"{fold(one.title, room)}\n", "strong"),
            "\n".join(fold(line, room) for line in one.text.splitlines()),
            Said(f"\n\n{ANSWER.in_(language)}\n", "dim"),
        ]
        for said in in_full(one, self.maker, self.panel.today, language):
            folded = "\n".join(fold(line, room) for line in said.text.splitlines())
            parts.append(Said(f"{folded}\n\n", said.tone))
        self.query_one("#text", Static).update(content(*parts, stale=self.stale))

    def action_back(self) -> None:
        self.app.pop_screen()
