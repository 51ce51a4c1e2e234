"""Recorded feedback: decisions, the report, follow-up, and blockers of each project."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from services.contracts.events.campaigns import ProjectPhase, ReportDuties
from services.contracts.events.feedback import FollowUp, Signatory
from services.contracts.http.common import Problem
from services.contracts.http.feedback import (
    DecisionPhase,
    DecisionView,
    ProjectAccount,
    ProjectStanding,
    PublishReport,
    Readability,
    RecordFollowUp,
    ReportPreview,
    ReportView,
    SignDecision,
    WriteDecision,
    WriteReport,
)

if TYPE_CHECKING:
    from services.contracts.http.campaigns import ProjectView
    from tests.console.recorded.panel import Panel

_SPACE = UUID("7c7c7c7c-0000-4000-8000-000000000000")
TODAY = date(2026, 11, 24)
DECIDE_BY = date(2026, 11, 20)
MAKER = Signatory(name="M. Bernard", role="directeur des titres")
CHANGED = Problem(
    title="DecisionChanged",
    status=409,
    detail="This decision has changed since you read it.",
    way_out="Read it again, then try again.",
)


def decision(title: str, support: int, **more: Any) -> DecisionView:
    return DecisionView.model_validate(
        {
            "proposal_id": uuid5(_SPACE, title),
            "proposal_version": 2,
            "project_id": uuid5(_SPACE, "unset"),
            "title": title,
            "text": f"{title}, dans toutes les mairies, sans attendre que la carte expire.",
            "theme": "rendez-vous",
            "support": support,
            "version": 0,
            "state": "awaiting",
        }
        | more
    )


DRAFT = {
    "version": 1,
    "state": "drafted",
    "outcome": "retained",
    "reason": "Un rendez-vous sur trois est manqué faute de rappel ; l'outil sait déjà l'envoyer.",
    "next_step": "Un message la veille, dans les mairies volontaires d'abord.",
    "due_on": date(2027, 3, 1),
    "owner": "Bureau des titres",
    "drafted_by": "Inès B.",
}
SIGNATURE = {"version": 2, "state": "signed", "signed_by": MAKER, "signed_on": date(2026, 11, 19)}
REMINDER = decision("Rappeler le rendez-vous par message", 41, **DRAFT)
PHOTO = decision("Accepter la photo d'un téléphone", 23)
SATURDAY = decision(
    "Ouvrir le samedi matin",
    17,
    **DRAFT
    | SIGNATURE
    | {
        "outcome": "not",
        "reason": "Les mairies décident de leurs horaires ; nous leur transmettons la demande.",
        "next_step": None,
        "due_on": None,
        "owner": None,
    },
)


@dataclass
class Deciding:
    """One project whose proposals are decided; the others are on their way to it."""

    project_id: UUID
    title: str
    decisions: list[DecisionView] = field(default_factory=lambda: [REMINDER, PHOTO, SATURDAY])
    report: ReportView = field(
        default_factory=lambda: ReportView(
            project_id=uuid5(_SPACE, "unset"),
            version=0,
            summary="",
            published_version=None,
            published_on=None,
        )
    )
    duties: ReportDuties | None = None
    synthesised: bool = True
    decide_by: date = DECIDE_BY

    @property
    def open(self) -> list[DecisionView]:
        return [
            decision for decision in self.decisions if decision.state in ("awaiting", "drafted")
        ]

    def change(self, id: UUID, **fields: Any) -> DecisionView:
        self.decisions = [
            DecisionView.model_validate(decision.model_dump() | fields)
            if decision.proposal_id == id
            else decision
            for decision in self.decisions
        ]
        return self.view(id)

    def view(self, id: UUID) -> DecisionView:
        decision = next(candidate for candidate in self.decisions if candidate.proposal_id == id)
        late = max((TODAY - self.decide_by).days, 0) if decision in self.open else 0
        return decision.model_copy(update={"project_id": self.project_id, "overdue_days": late})

    def sign_all(self) -> None:
        """As if the decision maker had signed, and the summary were written."""
        for decision in self.open:
            self.change(decision.proposal_id, **DRAFT | SIGNATURE)
        self.report = self.report.model_copy(update={"version": 1, "summary": "Vous avez dit."})

    def publish(self) -> None:
        self.sign_all()
        for decision in self.decisions:
            self.change(decision.proposal_id, state=DecisionPhase.PUBLISHED, published_on=TODAY)
        self.report = self.report.model_copy(
            update={
                "published_version": (self.report.published_version or 0) + 1,
                "published_on": TODAY,
                "url": "https://panel.example/r/carte",
            }
        )
        self.duties = ReportDuties(report_version=1, owed=35, sent=175)

    def stopped_by(self) -> list[str]:
        awaiting = sum(decision.state == "awaiting" for decision in self.decisions)
        drafted = sum(decision.state == "drafted" for decision in self.decisions)
        lines = [f"{awaiting} décision à rédiger"] if awaiting else []
        if drafted:
            lines.append(f"{drafted} décision attend la signature de {MAKER.name}")
        return lines if self.report.summary else [*lines, "le résumé du retour n'est pas écrit"]

    def standing(self) -> ProjectStanding:
        late = self.decide_by < TODAY
        duties = [f"{self.duties.owed} retours à envoyer"] if self.duties else []
        return ProjectStanding(
            project_id=self.project_id,
            title=self.title,
            state=ProjectPhase.REPORTING if self.duties else ProjectPhase.COLLECTED,
            decision_maker=MAKER.name,
            collection_ends_on=self.decide_by - timedelta(days=60),
            collection="synthesised" if self.synthesised else "ended",
            contributions=212,
            unread=0,
            proposals=len(self.decisions),
            signed=len(self.decisions) - len(self.open),
            overdue=len(self.open) if late else 0,
            decide_by=self.decide_by,
            report_version=self.report.published_version,
            report_duties=self.duties,
            blocked_by=self.stopped_by() or duties or ["le retour est prêt à être publié"],
        )

    def account(self) -> ProjectAccount:
        return ProjectAccount(
            standing=self.standing(),
            decisions=[self.view(decision.proposal_id) for decision in self.decisions],
            report=self.report.model_copy(update={"project_id": self.project_id}),
        )

    def preview(self) -> ReportPreview:
        answered = [decision for decision in self.decisions if decision.outcome]
        lines = [
            self.report.summary,
            *(f"{decision.title}\n  {decision.reason}" for decision in answered),
        ]
        lines.append("Comment : 400 personnes sollicitées, 212 participants, tirées au sort.")
        return ReportPreview(
            html="",
            text="\n\n".join(line for line in lines if line),
            readability=Readability(
                score=64.2 if self.report.summary else 0,
                words_per_sentence=11.5,
                hint="Se lit facilement.",
            ),
            blocked_by=self.stopped_by(),
        )


def add_routes(app: FastAPI, panel: "Panel") -> None:
    deciding = panel.deciding

    def elsewhere(project: "ProjectView") -> ProjectStanding:
        over = project.state in ("collected", "reporting")
        return ProjectStanding(
            project_id=project.id,
            title=project.title,
            state=ProjectPhase(project.state),
            decision_maker="Mme Roussel",
            collection_ends_on=date(2027, 1, 15),
            collection="ended" if over else "ready",
            contributions=12 if over else None,
            unread=12 if over else None,
            blocked_by=["12 contributions à lire" if over else "le recueil se termine le 15/01"],
        )

    @app.get("/api/projects")
    async def statuses() -> list[ProjectStanding]:
        projects = [project for project in panel.projects if project.state != "draft"]
        return [
            deciding.standing() if project.id == deciding.project_id else elsewhere(project)
            for project in projects
        ]

    @app.get("/api/projects/{id}")
    async def account(id: UUID) -> ProjectAccount:
        if id == deciding.project_id:
            return deciding.account()
        report = deciding.report.model_copy(update={"project_id": id})
        standing = elsewhere(panel.project(id))
        return ProjectAccount(standing=standing, decisions=[], report=report)

    @app.put("/api/proposals/{id}/decision", response_model=DecisionView)
    async def draft(id: UUID, draft: WriteDecision) -> DecisionView | JSONResponse:
        if draft.version != deciding.view(id).version:
            return JSONResponse(CHANGED.model_dump(), CHANGED.status)
        fields = draft.model_dump(exclude={"version"}) | {"drafted_by": "Inès B."}
        unsigned = {"state": DecisionPhase.DRAFTED, "signed_by": None, "signed_on": None}
        deciding.change(id, version=draft.version + 1, **fields | unsigned)
        return deciding.view(id)

    @app.post("/api/proposals/{id}/decision/signature")
    async def sign(id: UUID, order: SignDecision) -> DecisionView:
        deciding.change(
            id,
            version=order.version + 1,
            state=DecisionPhase.SIGNED,
            signed_by=MAKER,
            signed_on=TODAY,
        )
        return deciding.view(id)

    @app.put("/api/projects/{id}/report")
    async def write(id: UUID, draft: WriteReport) -> ReportView:
        deciding.report = deciding.report.model_copy(
            update={"version": draft.version + 1, "summary": draft.summary}
        )
        return deciding.account().report

    @app.get("/api/projects/{id}/report/preview")
    async def preview(id: UUID) -> ReportPreview:
        return deciding.preview()

    @app.post("/api/projects/{id}/report/publication")
    async def publish(id: UUID, order: PublishReport) -> ProjectAccount:
        deciding.publish()
        return deciding.account()

    @app.post("/api/proposals/{id}/follow-up")
    async def follow_up(id: UUID, step: RecordFollowUp) -> DecisionView:
        taken = FollowUp(progress=step.progress, note=step.note, on=TODAY)
        decision = deciding.view(id)
        deciding.change(id, version=decision.version + 1, follow_up=[*decision.follow_up, taken])
        return deciding.view(id)
