"""Staff API of collections."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.responses import CollectionView
from services.responses.collections import use_cases
from services.responses.collections.views import collection_view
from services.runtime.http.dependencies import AnyButRegistryStaff
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections")
    async def collections(staff: AnyButRegistryStaff) -> list[CollectionView]:
        async with service.database.read_only() as conn:
            counted = await use_cases.list_collections(conn)
        return [collection_view(each.collection, each.counts) for each in counted]

    @router.get("/collections/{project_id}")
    async def collection(staff: AnyButRegistryStaff, project_id: UUID) -> CollectionView:
        async with service.database.read_only() as conn:
            counted = await use_cases.find_collection(conn, project_id)
        return collection_view(counted.collection, counted.counts)

    return router
