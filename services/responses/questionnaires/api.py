"""Staff API of questionnaires: written, frozen, and imported from other tools."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request

from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import CollectionView, ImportedQuestionnaire
from services.responses.collections.views import collection_view
from services.responses.documents.api import FILE_LIMIT, file_body
from services.responses.questionnaires import imports, use_cases
from services.runtime.http.dependencies import CampaignsOrAnalysisStaff
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")
    # A prefix of its own: a nested router's route would not know that of its parent.
    uploads = APIRouter(prefix="/api", route_class=FILE_LIMIT)

    @router.put("/collections/{project_id}/questionnaire")
    async def write_questionnaire(
        staff: CampaignsOrAnalysisStaff,
        project_id: UUID,
        questionnaire: Annotated[Questionnaire, Body()],
    ) -> CollectionView:
        """Saves a draft: it can be previewed and written again until the collection is ready."""
        async with service.database.transaction() as conn:
            drafted = await use_cases.write_questionnaire(
                conn, service.clock, project_id, questionnaire.model_dump(mode="json")
            )
        return collection_view(drafted.collection, drafted.counts)

    @router.post("/collections/{project_id}/ready")
    async def make_ready(staff: CampaignsOrAnalysisStaff, project_id: UUID) -> CollectionView:
        """Freezes the questionnaire, so that the project can be launched."""
        async with service.database.transaction() as conn:
            ready = await use_cases.make_ready(conn, service.clock, project_id)
        return collection_view(ready.collection, ready.counts)

    @uploads.post("/questionnaires/imports", openapi_extra=file_body("application/octet-stream"))
    async def import_questionnaire(
        staff: CampaignsOrAnalysisStaff, request: Request, format: imports.Format
    ) -> ImportedQuestionnaire:
        """The body is the file. Nothing is saved: the result is a draft to correct."""
        return await imports.import_isolated(format, await request.body())

    routes = APIRouter()
    routes.include_router(router)
    routes.include_router(uploads)
    return routes
