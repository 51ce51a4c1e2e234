"""HTTP edge of responses for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.contracts.events.responses import CollectionPhase
from services.contracts.http.common import Role
from services.contracts.http.responses import CollectionView, Questionnaire
from services.responses import store, use_cases
from services.responses.domain import Collection
from services.runtime.auth import Staff, require
from services.runtime.service import Service

Preparing = Annotated[Staff, require(Role.CAMPAIGNS, Role.ANALYSIS)]
Reading = Annotated[
    Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
]


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections")
    async def collections(staff: Reading) -> list[CollectionView]:
        async with service.database.reading() as conn:
            return [_view(collection) for collection in await store.collections(conn)]

    @router.put("/collections/{project_id}/questionnaire")
    async def give_questionnaire(
        staff: Preparing, project_id: UUID, questionnaire: Questionnaire
    ) -> CollectionView:
        async with service.database.transaction() as conn:
            ready = await use_cases.give_questionnaire(
                conn, service.clock, project_id, questionnaire.model_dump(mode="json")
            )
        return _view(ready)

    return router


def _view(collection: Collection) -> CollectionView:
    questionnaire = collection.questionnaire
    return CollectionView(
        project_id=collection.project_id,
        version=collection.version,
        title=collection.title,
        state=CollectionPhase(collection.state),
        questionnaire=questionnaire and Questionnaire.model_validate(questionnaire),
    )
