"""Forms for a decision, the report's summary and a step of follow-up."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual.widget import Widget

from console.client.problems import FieldError
from console.client.requests import build_request
from console.client.vocabulary import OUTCOME, PROGRESS, label_of
from console.drafts.days import parse_day
from console.presenters.decisions import KEPT, QUOTED, meanwhile, steps_after
from console.presenters.styled_text import Phrase
from console.screens.field_form import Typed, area
from console.screens.writing_form import WritingForm
from console.widgets.choice_line import ChoiceLine
from console.widgets.text import Input
from console.words import Text, elide, full_day
from services.contracts.events.feedback import Outcome, Progress
from services.contracts.http.feedback import (
    DecisionView,
    RecordFollowUp,
    ReportView,
    WriteDecision,
    WriteReport,
)

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

_PROPOSAL_SHOWN = 120

DECIDE = Text(fr="Décision : {title}", en="Decision: {title}")
TAKES_BACK = Text(
    fr="Elle est signée : l'enregistrer changée retire la signature.",
    en="It is signed: saving a change takes the signature back.",
)
REVISES = Text(
    fr="Elle est publiée et le reste ; ceci en rédige la révision, à signer.",
    en="It is published and stays so; this drafts its revision, to be signed.",
)
YOU_SIGN = Text(
    fr="La personne qui rédige ne signe pas : avant votre signature, une autre personne"
    " enregistrera ce texte.",
    en="The drafter does not sign: before you do, another person will have to save this text.",
)
REASON_NEEDED = Text(
    fr="Une décision dit toujours pourquoi, quelle qu'elle soit : écrivez le motif.",
    en="A decision always says why, whatever it is: write the reason.",
)
NEXT_NEEDED = Text(
    fr="Ce qui est retenu dit ce qui vient ensuite.",
    en="What is retained says what happens next.",
)
DAY_NEEDED = Text(
    fr="Ce qui est retenu dit pour quand : 2027-03-01, ou 1/3/2027.",
    en="What is retained says by when: 2027-03-01, or 1/3/2027.",
)
NOT_A_DAY = Text(
    fr="Un jour s'écrit 2027-03-01, ou 1/3/2027.", en="A day is written 2027-03-01, or 1/3/2027."
)
EXAMPLE = Text(fr="par exemple 2027-03-01, ou 1/3/2027", en="such as 2027-03-01, or 1/3/2027")
OWNER_NEEDED = Text(
    fr="Ce qui est retenu dit qui s'en charge.", en="What is retained says who sees to it."
)
REPORT = Text(fr="Résumé du retour : {title}", en="The report's summary: {title}")
REPORT_HINT = Text(
    fr="Pour les participants, en mots simples : ce qui a été entendu, ce qui change.",
    en="For participants, in plain words: what was heard, what changes.",
)
SUMMARY_NEEDED = Text(fr="Écrivez le résumé.", en="Write the summary.")
REPORT_CHANGED = Text(
    fr="Quelqu'un a récrit le résumé entre-temps : « {summary} ». Enregistrer le remplace.",
    en="Somebody rewrote the summary meanwhile: “{summary}”. Saving replaces it.",
)
FOLLOW = Text(fr="Suivi : {title}", en="Follow-up: {title}")
FOLLOW_HINT = Text(
    fr="Daté d'aujourd'hui, lisible par tous aussitôt, gardé pour toujours.",
    en="Dated today, readable by everybody at once, kept for good.",
)
LAST_STEP = Text(fr="Dernière étape, le {day} : {progress}.", en="Last step, {day}: {progress}.")
WHY_NEEDED = Text(
    fr="Renoncer à ce qui était retenu se justifie : écrivez pourquoi.",
    en="Giving up what was retained needs a reason: write why.",
)


class DecisionForm(WritingForm[DecisionView]):
    """Outcome and reason; for a retained proposal also next step, due day and owner."""

    LABELS = {  # noqa: RUF012
        "outcome": Text(fr="Issue", en="Outcome"),
        "reason": Text(fr="Motif", en="Reason"),
        "next_step": Text(fr="Suite", en="Next step"),
        "due_on": Text(fr="Pour le", en="By"),
        "owner": Text(fr="Qui", en="Owner"),
    }

    def __init__(self, decision: DecisionView, signs: bool) -> None:
        """`signs`: the writer is the decision maker whom the mandate names."""

        async def reread(client: StaffClient) -> DecisionView:
            account = await client.project_account(decision.project_id)
            return next(
                decision
                for decision in account.decisions
                if decision.proposal_id == decision.proposal_id
            )

        super().__init__(f"decision {decision.proposal_id}", decision, reread)
        self._signs = signs

    def heading(self) -> Iterable[Phrase]:
        decision, language = self.about, self.language
        yield Phrase(DECIDE.in_(language, title=elide(decision.title, 100)), "strong")
        text = elide(" ".join(decision.text.split()), _PROPOSAL_SHOWN)
        yield Phrase(QUOTED.in_(language, text=text), "dim")
        if decision.state in ("signed", "published"):
            sentence = TAKES_BACK if decision.state == "signed" else REVISES
            yield Phrase(sentence.in_(language), "attention")
        if self._signs:
            yield Phrase(YOU_SIGN.in_(language), "attention")

    def fields(self) -> Iterable[Widget]:
        yield ChoiceLine(id="field-outcome")
        yield area("reason")
        yield area("next_step")
        yield Input(id="field-due_on")
        yield Input(id="field-owner")

    def speak(self) -> None:
        labels = {outcome.value: label_of(OUTCOME, outcome, self.language) for outcome in Outcome}
        self.query_one(ChoiceLine).show(labels)
        self.query_one("#field-due_on", Input).placeholder = EXAMPLE.in_(self.language)

    def begin(self) -> Typed:
        decision = self.about
        return {
            "outcome": decision.outcome or Outcome.RETAINED,
            "reason": decision.reason or "",
            "next_step": decision.next_step or "",
            "due_on": decision.due_on.isoformat() if decision.due_on else "",
            "owner": decision.owner or "",
        }

    def build_call(
        self, typed: Typed
    ) -> Callable[[StaffClient], Coroutine[Any, Any, DecisionView]]:
        language, retained = self.language, typed["outcome"] in KEPT
        due_on = parse_day(typed["due_on"])
        rules = (
            ("reason", not typed["reason"], REASON_NEEDED),
            ("next_step", retained and not typed["next_step"], NEXT_NEEDED),
            ("due_on", retained and not typed["due_on"], DAY_NEEDED),
            ("due_on", bool(typed["due_on"]) and due_on is None, NOT_A_DAY),
            ("owner", retained and not typed["owner"], OWNER_NEEDED),
        )
        decision = build_request(
            WriteDecision,
            language,
            [
                FieldError(field, sentence.in_(language))
                for field, broken, sentence in rules
                if broken
            ],
            version=self.version,
            outcome=typed["outcome"],
            reason=typed["reason"],
            next_step=typed["next_step"] or None,
            due_on=due_on,
            owner=typed["owner"] or None,
        )
        return lambda client: client.write_decision(self.about.proposal_id, decision)

    def meanwhile(self) -> str:
        return meanwhile(self.about, self.language)


class ReportForm(WritingForm[ReportView]):
    """The summary that opens the report; decisions and method follow it by themselves."""

    LABELS = {"summary": Text(fr="Résumé", en="Summary")}  # noqa: RUF012

    def __init__(self, title: str, report: ReportView) -> None:
        async def reread(client: StaffClient) -> ReportView:
            return (await client.project_account(report.project_id)).report

        super().__init__(f"report {report.project_id}", report, reread)
        self._title = title

    def heading(self) -> Iterable[Phrase]:
        yield Phrase(REPORT.in_(self.language, title=self._title), "strong")
        yield Phrase(REPORT_HINT.in_(self.language), "dim")

    def fields(self) -> Iterable[Widget]:
        yield area("summary")

    def begin(self) -> Typed:
        return {"summary": self.about.summary}

    def build_call(self, typed: Typed) -> Callable[[StaffClient], Coroutine[Any, Any, ReportView]]:
        wrong = (
            [] if typed["summary"] else [FieldError("summary", SUMMARY_NEEDED.in_(self.language))]
        )
        report = build_request(
            WriteReport, self.language, wrong, version=self.version, summary=typed["summary"]
        )
        return lambda client: client.write_report(self.about.project_id, report)

    def meanwhile(self) -> str:
        summary = elide(" ".join(self.about.summary.split()), 80)
        return REPORT_CHANGED.in_(self.language, summary=summary)


class FollowUpForm(WritingForm[DecisionView]):
    """How far what was retained came. Giving up says why."""

    LABELS = {  # noqa: RUF012
        "progress": Text(fr="Étape", en="Step"),
        "note": Text(fr="Note", en="Note"),
    }

    def __init__(self, decision: DecisionView) -> None:
        async def reread(client: StaffClient) -> DecisionView:
            account = await client.project_account(decision.project_id)
            return next(
                decision
                for decision in account.decisions
                if decision.proposal_id == decision.proposal_id
            )

        super().__init__(f"follow-up {decision.proposal_id}", decision, reread)

    def heading(self) -> Iterable[Phrase]:
        decision, language = self.about, self.language
        yield Phrase(FOLLOW.in_(language, title=elide(decision.title, 100)), "strong")
        if decision.follow_up:
            last = decision.follow_up[-1]
            day = full_day(last.on, self.shell.today, language)
            progress = label_of(PROGRESS, last.progress, language)
            yield Phrase(LAST_STEP.in_(language, day=day, progress=progress))
        yield Phrase(FOLLOW_HINT.in_(language), "dim")

    def fields(self) -> Iterable[Widget]:
        yield ChoiceLine(id="field-progress")
        yield area("note")

    def speak(self) -> None:
        labels = {step: label_of(PROGRESS, step, self.language) for step in steps_after(self.about)}
        self.query_one(ChoiceLine).show(labels)

    def begin(self) -> Typed:
        return {"progress": next(iter(steps_after(self.about)), ""), "note": ""}

    def build_call(
        self, typed: Typed
    ) -> Callable[[StaffClient], Coroutine[Any, Any, DecisionView]]:
        unexplained = typed["progress"] == Progress.GIVEN_UP and not typed["note"]
        step = build_request(
            RecordFollowUp,
            self.language,
            [FieldError("note", WHY_NEEDED.in_(self.language))] if unexplained else [],
            version=self.version,
            progress=typed["progress"],
            note=typed["note"] or None,
        )
        proposal_id: UUID = self.about.proposal_id
        return lambda client: client.record_follow_up(proposal_id, step)

    def meanwhile(self) -> str:
        self.speak()
        last = self.about.follow_up[-1] if self.about.follow_up else None
        if last is None:
            return meanwhile(self.about, self.language)
        day = full_day(last.on, self.shell.today, self.language)
        progress = label_of(PROGRESS, last.progress, self.language)
        return LAST_STEP.in_(self.language, day=day, progress=progress)
