"""Routes that every service has: health, metrics, hints, dead letters, republishing."""

from collections.abc import AsyncIterator
from typing import Annotated, Protocol

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from services.contracts.http import LARGEST_INTEGER
from services.contracts.http.common import DeadLetter, Replay, Republished
from services.runtime.http.dependencies import AnyStaff, OperationsStaff
from services.runtime.http.hints import HintHub
from services.runtime.messaging import store
from services.runtime.messaging.inbox import Inbox
from services.runtime.postgres.database import Connection, Database, long_running

_MOST_DEAD_LETTERS = 200


class OperatedService(Protocol):
    """The parts of a service that these routes operate."""

    database: Database
    inbox: Inbox
    hints: HintHub

    async def failing_dependencies(self) -> list[str]: ...
    async def metrics(self) -> bytes: ...
    async def republish(self, conn: Connection) -> dict[str, int]: ...


def health_router(service: OperatedService) -> APIRouter:
    """Liveness, readiness and metrics, for machines inside the deployment."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("live\n")

    @router.get("/health/ready")
    async def ready() -> Response:
        failing = await service.failing_dependencies()
        return JSONResponse(
            {"ready": not failing, "failing": failing}, status_code=503 if failing else 200
        )

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(
            await service.metrics(),
            media_type="text/plain; version=0.0.4; charset=utf-8",
        )

    return router


def staff_router(service: OperatedService) -> APIRouter:
    """Hints for screens, and the operators' actions on events."""
    router = APIRouter(prefix="/api")

    @router.get(
        "/hints",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def hints(staff: AnyStaff) -> StreamingResponse:
        service.hints.check_stream_limit(staff.subject)

        async def stream() -> AsyncIterator[str]:
            async for event in service.hints.stream(staff.subject, staff.expires_at):
                yield event

        return StreamingResponse(stream(), media_type="text/event-stream")

    @router.get("/dead-letters")
    async def dead_letters(staff: OperationsStaff) -> list[DeadLetter]:
        async with service.database.read_only() as conn:
            rows = await store.list_dead_letters(conn, _MOST_DEAD_LETTERS)
        return [DeadLetter(**row) for row in rows]

    @router.post("/dead-letters/{id}/replay")
    async def replay(
        staff: OperationsStaff, id: Annotated[int, Path(ge=1, le=LARGEST_INTEGER)]
    ) -> Replay:
        with long_running():
            async with service.database.transaction() as conn:
                return await service.inbox.replay(conn, id)

    @router.post("/republish")
    async def republish(staff: OperationsStaff) -> Republished:
        with long_running():
            async with service.database.transaction() as conn:
                return Republished(events=await service.republish(conn))

    return router
