"""HTTP edge of projects for staff: their progress towards the report."""

from fastapi import APIRouter

from services.contracts.http.feedback import ProjectStanding
from services.feedback.projects import store
from services.feedback.projects.views import project_view
from services.feedback.settings import FeedbackSettings
from services.runtime.http.dependencies import AnyButRegistryStaff, RequestLanguage
from services.runtime.service import Service


def router(service: Service, settings: FeedbackSettings) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/projects")
    async def show_standings(
        staff: AnyButRegistryStaff, language: RequestLanguage
    ) -> list[ProjectStanding]:
        """All projects, longest waiting first."""
        async with service.database.read_only() as conn:
            projects = await store.list_projects(conn)
        today = service.clock.today()
        return [
            project_view(project, settings.decide_within_days, today, language)
            for project in projects
        ]

    return router
