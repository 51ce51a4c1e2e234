"""One decision in full: outcome, reason, next step, signature and follow-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.presenters.decisions import in_full
from console.presenters.styled_text import Phrase
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
        decision = self.chosen()
        return TITLE.in_(self.language, title=decision.title if decision else "…")

    async def fetch(self, client: StaffClient) -> ProjectAccount:
        return await client.project_account(self._project_id)

    def account(self) -> ProjectAccount | None:
        return self.snapshot

    def chosen(self) -> DecisionView | None:
        decisions = self.snapshot.decisions if self.snapshot else []
        return next(
            (decision for decision in decisions if decision.proposal_id == self._proposal_id), None
        )

    def draw(self) -> None:
        decision, language = self.chosen(), self.language
        if self.snapshot is None:
            return
        self.freshen_title()
        if decision is None:
            self.query_one("#text", Static).update(content(Phrase(GONE.in_(language), "attention")))
            return
        room = min(self.size.width, 100) - 4
        support = SUPPORT.say(decision.support, language) + (
            f" · {decision.theme}" if decision.theme else ""
        )
        parts: list[Content | Phrase | str] = [
            Phrase(f"{PROPOSAL.in_(language)}  {support}\n", "dim"),
            Phrase(f"{fold(decision.title, room)}\n", "strong"),
            "\n".join(fold(line, room) for line in decision.text.splitlines()),
            Phrase(f"\n\n{ANSWER.in_(language)}\n", "dim"),
        ]
        for phrase in in_full(decision, self.maker, self.shell.today, language):
            folded = "\n".join(fold(line, room) for line in phrase.text.splitlines())
            parts.append(Phrase(f"{folded}\n\n", phrase.tone))
        self.query_one("#text", Static).update(content(*parts, stale=self.stale))

    def action_back(self) -> None:
        self.app.pop_screen()
