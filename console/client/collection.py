"""Calls to responses that prepare a collection: its questionnaire and its documents."""

from uuid import UUID

from console.client.calls import Calls
from services.contracts.http.common import Role
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import (
    CollectionView,
    DocumentView,
    ImportedQuestionnaire,
)

_SERVICE, _ROLE = "responses", Role.CAMPAIGNS


class CollectionCalls(Calls):
    async def collections(self) -> list[CollectionView]:
        return await self._get(_SERVICE, "/collections", list[CollectionView], _ROLE)

    async def collection(self, project_id: UUID) -> CollectionView:
        return await self._get(_SERVICE, f"/collections/{project_id}", CollectionView, _ROLE)

    async def write_questionnaire(
        self, project_id: UUID, questionnaire: Questionnaire
    ) -> CollectionView:
        path = f"/collections/{project_id}/questionnaire"
        return await self._put(_SERVICE, path, CollectionView, _ROLE, questionnaire)

    async def import_questionnaire(self, format: str, content: bytes) -> ImportedQuestionnaire:
        return await self._upload(
            _SERVICE,
            "/questionnaires/imports",
            ImportedQuestionnaire,
            _ROLE,
            content,
            params={"format": format},
        )

    async def documents(self, project_id: UUID) -> list[DocumentView]:
        path = f"/collections/{project_id}/documents"
        return await self._get(_SERVICE, path, list[DocumentView], _ROLE)

    async def add_document(
        self, project_id: UUID, title: str, content: bytes, media_type: str
    ) -> DocumentView:
        path = f"/collections/{project_id}/documents"
        return await self._upload(
            _SERVICE, path, DocumentView, _ROLE, content, media_type, {"title": title}
        )

    async def make_ready(self, project_id: UUID) -> CollectionView:
        return await self._post(_SERVICE, f"/collections/{project_id}/ready", CollectionView, _ROLE)
