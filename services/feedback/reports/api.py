"""HTTP edge of feedback for staff: decisions, reports, follow-up, and what blocks each project."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.contracts.http.common import Role
from services.contracts.http.feedback import (
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
from services.contracts.http.journal import CorrectEntry, Recorded
from services.feedback.decisions import store
from services.feedback.decisions import use_cases as decisions
from services.feedback.journal import use_cases as journal
from services.feedback.projects import store as standings
from services.feedback.public_account import store as public
from services.feedback.public_account import views as previews
from services.feedback.reports import overview as account
from services.feedback.reports import use_cases as reports
from services.feedback.reports import views as sheets
from services.feedback.reports.overview import Manners
from services.feedback.reports.rules.readability import reads
from services.feedback.settings import FeedbackSettings
from services.runtime.http.dependencies import require
from services.runtime.http.pages import language_of
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Connection
from services.runtime.service import Service
from services.runtime.text import Language

Reading = Annotated[
    Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
]
Drafting = Annotated[Staff, require(Role.ANALYSIS, Role.DECISION)]
Writing = Annotated[Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION)]
Deciding = Annotated[Staff, require(Role.DECISION)]
Following = Annotated[Staff, require(Role.CAMPAIGNS, Role.DECISION)]
InLanguage = Annotated[Language, Depends(language_of)]


def router(service: Service, settings: FeedbackSettings) -> APIRouter:
    router = APIRouter(prefix="/api")
    clock = service.clock

    def manners() -> Manners:
        return Manners(clock.today(), settings.decide_within_days, settings.public_url)

    async def decision(conn: Connection, project_id: UUID, proposal_id: UUID) -> DecisionView:
        standing = await standings.standing(conn, project_id)
        (answer,) = await store.answers(conn, project_id, proposal_id)
        return sheets.decision_view(answer, standing, manners())

    @router.get("/projects")
    async def show_standings(staff: Reading, language: InLanguage) -> list[ProjectStanding]:
        """Those that wait longest first."""
        async with service.database.read_only() as conn:
            found = await standings.standings(conn)
        return [sheets.project_standing(one, manners(), language) for one in found]

    @router.get("/projects/{project_id}")
    async def show_account(
        staff: Reading, project_id: UUID, language: InLanguage
    ) -> ProjectAccount:
        async with service.database.read_only() as conn:
            found = await account.account(conn, project_id)
        return sheets.project_account(found, manners(), language)

    @router.put("/proposals/{proposal_id}/decision")
    async def draft_decision(
        staff: Drafting, proposal_id: UUID, written: WriteDecision
    ) -> DecisionView:
        """A signature is on one exact text: a new text waits for it again."""
        async with service.database.transaction() as conn:
            project_id = await decisions.draft_decision(conn, clock, staff, proposal_id, written)
            return await decision(conn, project_id, proposal_id)

    @router.post("/proposals/{proposal_id}/decision/signature")
    async def sign_decision(
        staff: Deciding, proposal_id: UUID, asked: SignDecision
    ) -> DecisionView:
        """By whom the mandate names; never by who drafted it."""
        async with service.database.transaction() as conn:
            project_id = await decisions.sign_decision(conn, clock, staff, proposal_id, asked)
            return await decision(conn, project_id, proposal_id)

    @router.post("/proposals/{proposal_id}/follow-up")
    async def record_follow_up(
        staff: Following, proposal_id: UUID, asked: RecordFollowUp
    ) -> DecisionView:
        """Dated, and public at once."""
        async with service.database.transaction() as conn:
            project_id = await decisions.record_follow_up(conn, clock, staff, proposal_id, asked)
            return await decision(conn, project_id, proposal_id)

    @router.put("/projects/{project_id}/report")
    async def write_report(staff: Writing, project_id: UUID, written: WriteReport) -> ReportView:
        async with service.database.transaction() as conn:
            await reports.write_report(conn, clock, staff, project_id, written)
            found = await account.account(conn, project_id)
        return sheets.report_view(found, manners())

    @router.get("/projects/{project_id}/report/preview")
    async def preview_report(
        staff: Reading, project_id: UUID, language: InLanguage
    ) -> ReportPreview:
        async with service.database.read_only() as conn:
            found = await account.account(conn, project_id)
            versions = await public.versions_of_project(conn, project_id, None)
        found_easy = reads(found.draft.summary, language)
        shown = previews.of_draft(found, clock.today(), versions)
        return ReportPreview(
            html=previews.html(shown, language),
            text=previews.text(shown, language),
            readability=Readability(
                score=found_easy.score,
                words_per_sentence=found_easy.words_per_sentence,
                hint=found_easy.hint,
            ),
            blocked_by=[line.say(language) for line in found.standing.unanswered],
        )

    @router.post("/projects/{project_id}/report/publication")
    async def publish_report(
        staff: Deciding, project_id: UUID, asked: PublishReport, language: InLanguage
    ) -> ProjectAccount:
        """The report and all signed decisions, in one commit; owed to every participant."""
        async with service.database.transaction() as conn:
            await reports.publish_report(conn, clock, staff, project_id, asked, settings.public_url)
            found = await account.account(conn, project_id)
        return sheets.project_account(found, manners(), language)

    @router.post("/journal/corrections")
    async def correct_entry(staff: Deciding, asked: CorrectEntry) -> Recorded:
        """The entry stays; another one says what is wrong with it, and why."""
        async with service.database.transaction() as conn:
            number = await journal.correct(conn, clock, staff, asked.number, asked.reason)
        return Recorded(number=number)

    return router
