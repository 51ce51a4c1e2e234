"""HTTP edge for staff: the preview of a report, in the templates of the public account."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.feedback import Readability, ReportPreview
from services.feedback.public_account import store, views
from services.feedback.reports.rules.readability import readability
from services.feedback.reports.store import find_overview
from services.runtime.http.dependencies import AnyButRegistryStaff, RequestLanguage
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/projects/{project_id}/report/preview")
    async def preview_report(
        staff: AnyButRegistryStaff, project_id: UUID, language: RequestLanguage
    ) -> ReportPreview:
        """The draft as participants and the public would read it."""
        async with service.database.read_only() as conn:
            overview = await find_overview(conn, project_id)
            versions = await store.list_decision_versions(conn, project_id, None)
        ease = readability(overview.draft.summary, language)
        report = views.draft_report(overview, service.clock.today(), versions)
        return ReportPreview(
            html=views.report_html(report, language),
            text=views.report_text(report, language),
            readability=Readability(
                score=ease.score, words_per_sentence=ease.words_per_sentence, hint=ease.hint
            ),
            blocked_by=[blocker.sentence(language) for blocker in overview.project.report_blockers],
        )

    return router
