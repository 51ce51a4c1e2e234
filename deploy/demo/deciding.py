"""Decisions of the demonstration: one officer drafts, the decision maker signs, the report leaves.

The outcome depends on a proposal's title, where an administration would weigh its merits.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from deploy.local.staff import LocalStaff
from services.contracts.events.feedback import Outcome, Progress
from services.contracts.http.feedback import (
    DecisionView,
    ProjectAccount,
    PublishReport,
    RecordFollowUp,
    ReportPreview,
    SignDecision,
    WriteDecision,
    WriteReport,
)

DELAY = timedelta(days=90)
OWNER = "Bureau des courriers aux allocataires"

# One line for each paragraph, as people type.
SUMMARY = "\n\n".join(
    (
        "Vous avez lu notre lettre et vous nous avez dit ce qui vous arrête. Merci.",
        "Vos remarques se rejoignent : la date limite se cherche, les phrases sont longues, les"
        " sigles ne sont pas expliqués. Nous récrivons la lettre. La date limite sera en haut. Un"
        " numéro de téléphone sera donné avec ses horaires.",
        "Deux de vos propositions ne sont pas retenues, ou pas encore tout à fait. Nous disons"
        " pourquoi.",
    )
)


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    reason: str
    next_step: str | None = None


# By a word of the title; whatever has none of them is retained.
VERDICTS = {
    "papier": Verdict(
        Outcome.PARTLY,
        "Un formulaire à découper coûterait une page de plus à 90 000 foyers. Il sera joint à qui"
        " le demande.",
        "Proposer le formulaire papier au téléphone et aux guichets",
    ),
    "pièces": Verdict(
        Outcome.NOT,
        "La liste des pièces dépend de chaque dossier : un encadré unique serait faux pour une"
        " personne sur trois. L'espace personnel montre déjà la bonne liste.",
    ),
}
RETAINED = Verdict(
    Outcome.RETAINED,
    "Vous êtes nombreux à le dire, et rien ne s'y oppose.",
    "L'écrire ainsi dans la nouvelle lettre",
)


@dataclass(frozen=True)
class Answered:
    """The published decisions, and the preview of their report."""

    account: ProjectAccount
    preview: ReportPreview


async def decide_and_publish(staff: LocalStaff, project_id: UUID, today: date) -> Answered:
    """Decide on every proposal and publish the report. Raises Refused, Unreachable."""
    account = await staff.project_account(project_id)
    for waiting in account.decisions:
        drafted = await staff.write_decision(waiting.proposal_id, _decision_on(waiting, today))
        await staff.sign_decision(waiting.proposal_id, SignDecision(version=drafted.version))
    report = await staff.write_report(
        project_id, WriteReport(version=account.report.version, summary=SUMMARY)
    )
    preview = await staff.preview_report(project_id)
    published = await staff.publish_report(project_id, PublishReport(version=report.version))
    return Answered(published, preview)


async def follow_up(staff: LocalStaff, project_id: UUID) -> ProjectAccount:
    """Record follow-up: every retained proposal is under way, and the first is done."""
    account = await staff.project_account(project_id)
    retained = [decision for decision in account.decisions if decision.outcome is not Outcome.NOT]
    for index, decision in enumerate(retained):
        begun = await staff.record_follow_up(
            decision.proposal_id,
            RecordFollowUp(version=decision.version, progress=Progress.UNDER_WAY),
        )
        if index == 0:
            step = RecordFollowUp(
                version=begun.version,
                progress=Progress.DONE,
                note="La nouvelle lettre est partie pour la première fois ce mois-ci.",
            )
            await staff.record_follow_up(decision.proposal_id, step)
    return await staff.project_account(project_id)


def _decision_on(waiting: DecisionView, today: date) -> WriteDecision:
    title = waiting.title.lower()
    verdict = next(
        (verdict_of_word for word, verdict_of_word in VERDICTS.items() if word in title), RETAINED
    )
    retained = verdict.outcome is not Outcome.NOT
    return WriteDecision(
        version=waiting.version,
        outcome=verdict.outcome,
        reason=verdict.reason,
        next_step=verdict.next_step,
        due_on=today + DELAY if retained else None,
        owner=OWNER if retained else None,
    )
