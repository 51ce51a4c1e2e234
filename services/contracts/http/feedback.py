"""Staff API of feedback: where each project stands on the way to its report."""

from datetime import date
from uuid import UUID

from services.contracts.events.campaigns import ProjectPhase
from services.contracts.http import View


class ProjectStanding(View):
    project_id: UUID
    title: str
    state: ProjectPhase
    decision_maker: str
    collection_ends_on: date
    collection: str | None
