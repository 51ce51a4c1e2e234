"""HTTP edge of reports for staff: the overview of a project, the draft, and its publication."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.feedback import (
    ProjectAccount,
    PublishReport,
    ReportView,
    WriteReport,
)
from services.feedback.reports import store, use_cases
from services.feedback.reports.store import ProjectOverview
from services.feedback.reports.views import overview_view, report_view
from services.feedback.settings import FeedbackSettings
from services.runtime.http.dependencies import (
    AnyButRegistryStaff,
    DecisionStaff,
    ReportingStaff,
    RequestLanguage,
)
from services.runtime.service import Service
from services.runtime.text import Language


def router(service: Service, settings: FeedbackSettings) -> APIRouter:
    router = APIRouter(prefix="/api")
    clock = service.clock
    public_url = settings.public_url

    def view(overview: ProjectOverview, language: Language) -> ProjectAccount:
        return overview_view(
            overview, public_url, settings.decide_within_days, clock.today(), language
        )

    @router.get("/projects/{project_id}")
    async def show_account(
        staff: AnyButRegistryStaff, project_id: UUID, language: RequestLanguage
    ) -> ProjectAccount:
        """The project, the decisions on its proposals, and its report."""
        async with service.database.read_only() as conn:
            overview = await store.find_overview(conn, project_id)
        return view(overview, language)

    @router.put("/projects/{project_id}/report")
    async def write_report(
        staff: ReportingStaff, project_id: UUID, command: WriteReport
    ) -> ReportView:
        """Save the summary; it is public once the report is published."""
        async with service.database.transaction() as conn:
            await use_cases.write_report(conn, clock, staff, project_id, command)
            overview = await store.find_overview(conn, project_id)
        return report_view(overview, public_url)

    @router.post("/projects/{project_id}/report/publication")
    async def publish_report(
        staff: DecisionStaff, project_id: UUID, command: PublishReport, language: RequestLanguage
    ) -> ProjectAccount:
        """The report and all signed decisions, in one commit; owed to every participant."""
        async with service.database.transaction() as conn:
            await use_cases.publish_report(conn, clock, staff, project_id, command, public_url)
            overview = await store.find_overview(conn, project_id)
        return view(overview, language)

    return router
