"""The HTTP face of a service: problems in words, health, metrics, hints, dead letters.

Staff routes live under `/api` and answer JSON; everything else is for members and answers HTML.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import structlog
from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.contracts.http import LARGEST_INTEGER
from services.contracts.http.common import DeadLetter, Problem, Replay, Republished, Role
from services.contracts.http.violations import violations
from services.runtime.http import pages, problems
from services.runtime.http.dependencies import require
from services.runtime.http.methods import (
    METHODS,
    SAFE_METHODS,
    HeadAsGet,
    allowed_methods,
    asks_for_methods,
)
from services.runtime.http.rate_limits import BodyTooLarge, BodyTooSlow, Limit, rate_limit_key
from services.runtime.http.retry import Retry
from services.runtime.http.staff_tokens import Staff, StaffTokens
from services.runtime.messaging.outbox import sql
from services.runtime.observability import tracing
from services.runtime.observability.metrics import Requests
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import UNAVAILABLE_ERRORS, DatabaseUnreachable, long_running
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from services.runtime.service import Service

log = structlog.get_logger()

_UNEXPECTED = Text(
    fr="Une erreur inattendue s'est produite ; elle est enregistrée sous la référence {reference}.",
    en="Something unexpected went wrong; it is recorded under reference {reference}.",
)
_MALFORMED = Text(
    fr="La demande n'a pas la forme attendue.", en="The request does not have the expected form."
)


class Busy(Refusal):
    status = 503
    sentence = Text(
        fr="Cela n'a pas abouti à temps et a été abandonné.",
        en="This did not end in time and was given up.",
    )
    way_out = Text(fr="Réessayez dans un instant.", en="Try again in a moment.")

    @property
    def retry_after(self) -> int:
        return 5


class Unavailable(Busy):
    sentence = Text(
        fr="Ce service ne peut pas répondre en ce moment : sa base de données est hors d'atteinte.",
        en="This service cannot answer at the moment: its database is out of reach.",
    )


_IN_WORDS = {
    404: Text(fr="Cette adresse n'existe pas.", en="This address does not exist."),
    405: Text(
        fr="Cette adresse ne répond pas à ce genre de demande.",
        en="This address does not answer this kind of request.",
    ),
}


class _Application(FastAPI):
    """Guarded outside of everything, so that what goes wrong unexpectedly has the headers too."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = problems.described(super().openapi())
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        state = self.state
        guarded: Any = Guard(super().build_middleware_stack(), state.large_bodies, state.limit)
        proxies = state.service.settings.trusted_proxies
        return ProxyHeadersMiddleware(guarded, proxies) if proxies else guarded  # type: ignore[return-value]


def application(service: "Service") -> FastAPI:
    app = _Application(
        title=f"Citizen panel: {service.name}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    settings = service.settings
    app.state.tokens = StaffTokens(
        settings.issuer,
        settings.audience,
        settings.role_claim(),
        authority=settings.issuer_authority,
    )
    app.state.service = service

    app.state.limit = Limit(
        settings.requests_per_second, settings.requests_per_second * _BURST_SECONDS
    )
    app.state.large_bodies = []

    app.state.unwatched = []
    app.add_middleware(Retry, busy=lambda request: _refused(request, Busy()))
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        Watched,
        traces=service.traces,
        requests=service.requests,
        unwatched=app.state.unwatched,
    )

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return _refused(request, refusal)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return _malformed(request, error.errors())

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        # The framework's word for a body that it cannot decode, of which it refuses others by 422.
        if error.status_code == 400:
            return _malformed(request)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(allowed_methods(request))
            if asks_for_methods(request):
                return Response(status_code=204, headers=headers)
        words = _IN_WORDS.get(error.status_code)
        said = words.in_(pages.language_of(request)) if words else error.detail
        problem = Problem(title=error.detail, status=error.status_code, detail=said)
        return _answer(request, problem, headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, _: ClientDisconnect) -> Response:
        return Response(status_code=400)  # that nobody reads

    async def too_long(request: Request, error: Exception) -> Response:
        route = template_of(request.scope)
        log.warning("took_too_long", error=type(error).__name__, route=route, method=request.method)
        return _refused(
            request, Unavailable() if isinstance(error, DatabaseUnreachable) else Busy()
        )

    for kind in UNAVAILABLE_ERRORS:
        app.add_exception_handler(kind, too_long)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        reference = uuid4().hex[:8]
        log.error(
            "unexpected_error",
            reference=reference,
            route=template_of(request.scope),
            method=request.method,
            exc_info=error,
        )
        service.unexpected_errors += 1
        return _answer(
            request,
            Problem(
                title="Unexpected",
                status=500,
                detail=_UNEXPECTED.in_(pages.language_of(request), reference=reference),
            ),
        )

    app.include_router(_health(service))
    app.include_router(_staff(service))
    app.include_router(pages.static)
    return app


def wants_page(request: Request) -> bool:
    """Whether a person looks, rather than a program."""
    programs = request.url.path.startswith(("/api", "/health", "/metrics"))
    return not programs and "text/html" in (request.headers.get("accept") or "")


# What every answer says unless it says otherwise itself.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # What is no page of ours shows nothing of its own; pages say theirs.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
LARGEST_BODY = 1 << 20
_BODY_SECONDS = 30.0
_LARGE_BODY_SECONDS = 900.0
# How long a source may ask faster than it may in the long run.
_BURST_SECONDS = 20.0
# Who signs in is counted as the person they are (services.runtime.http.dependencies).
_NOT_COUNTED = re.compile(r"/(api|health|metrics)(/.*)?")


class Guard:
    """Around every route: not too often, small bodies that come in time, no address with U+0000 (no
    column can hold what it would be looked for by), and headers that browsers heed.

    A plain ASGI application, as one that passes responses on as streams costs more than most pages.
    """

    def __init__(
        self,
        app: ASGIApp,
        large_bodies: "list[re.Pattern[str]]",
        limit: Limit,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        """Paths that match one of `large_bodies` see to the size of theirs themselves."""
        self._app = app
        self._large_bodies = large_bodies
        self._limit = limit
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message.setdefault("headers", [])
                names = {name.lower() for name, _ in said}
                message["headers"] = [*said, *(one for one in _HEADERS if one[0] not in names)]
            await send(message)

        large = any(path.fullmatch(scope["path"]) for path in self._large_bodies)
        try:
            if not _NOT_COUNTED.fullmatch(scope["path"]):
                self._limit.take(rate_limit_key(scope["client"]))
            if not large and self._is_too_large(scope):
                raise BodyTooLarge(most=LARGEST_BODY)
        except Refusal as refusal:
            await _refused(Request(scope), refusal)(scope, receive, with_headers)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await _malformed(Request(scope))(scope, receive, with_headers)
            return
        seconds = _LARGE_BODY_SECONDS if large else self._body_seconds
        body = _Body(scope, receive, with_headers, seconds)
        await self._app(scope, body.receive, body.send)

    def _is_too_large(self, scope: Scope) -> bool:
        """By what is announced: the server reads no further than that."""
        length: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                length = b""
        return length is not None and not (length.isdigit() and int(length) <= LARGEST_BODY)


class _Body:
    """A request's body, for which nobody waits longer than so many seconds: who reads it then is
    told that the sender has gone, and the sender that it was too slow."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._seconds = seconds
        self._deadline: float | None = None
        self._complete = False
        self._refused = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            refusal = _refused(Request(self._scope), BodyTooSlow(seconds=round(self._seconds)))
            refusal.headers["connection"] = "close"
            self._complete = self._refused = True
            await refusal(self._scope, self._receive, self._send)
            return {"type": "http.disconnect"}
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if not self._refused:
            await self._send(message)


class Watched:
    """Measures every request, and traces those that may change something, by their routes."""

    def __init__(
        self, app: ASGIApp, traces: Traces, requests: Requests, unwatched: "list[re.Pattern[str]]"
    ) -> None:
        """Of paths that match one of `unwatched` nothing is said, not even how many."""
        self._app = app
        self._traces = traces
        self._requests = requests
        self._unwatched = unwatched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(p.fullmatch(scope["path"]) for p in self._unwatched):
            await self._app(scope, receive, send)
            return
        method = method_of(scope)
        if not self._traces.on or method in SAFE_METHODS:
            await self._measured(method, scope, receive, send)
            return
        with self._traces.command(method) as span:
            status = 500
            try:
                status = await self._measured(method, scope, receive, send)
            finally:
                route = template_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    tracing.failed(span, str(status))

    async def _measured(self, method: str, scope: Scope, receive: Receive, send: Send) -> int:
        """The answer's status. Until it begins: a stream may go on for hours."""
        asked = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                took = time.perf_counter() - asked
                self._requests.took(template_of(scope), method, status, took)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if not status:
                # An error that is answered further out, or somebody who did not wait.
                took = time.perf_counter() - asked
                self._requests.took(template_of(scope), method, 500, took)
        return status


def method_of(scope: Scope) -> str:
    """As routes know it: what a client invents could say anything."""
    method: str = scope["method"]
    return method if method in METHODS else "_OTHER"


def template_of(scope: Scope) -> str:
    """The route's template, never the path: links carry who is asking."""
    route = scope.get("route")
    if isinstance(route, APIRoute):
        return route.path
    # A plain route leaves its endpoint only.
    endpoint = scope.get("endpoint")
    plain = (one for one in scope["app"].routes if isinstance(one, Route))
    return next((one.path for one in plain if one.endpoint is endpoint), "?")


def _refused(request: Request, refusal: Refusal) -> Response:
    language = pages.language_of(request)
    return _answer(
        request,
        Problem(
            type=f"urn:panel:{type(refusal).__name__}",
            title=type(refusal).__name__,
            status=refusal.status,
            detail=refusal.say(language),
            way_out=refusal.say_way_out(language),
            errors=refusal.details(language),
        ),
        {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None,
    )


def _malformed(request: Request, errors: Sequence[Mapping[str, Any]] = ()) -> Response:
    """Places and kinds of error only: what was typed may be personal."""
    language = pages.language_of(request)
    colon = " :" if language == "fr" else ":"
    lines = [f"{one.path}{colon} {one.in_(language)}" for one in violations(errors)]
    detail = _MALFORMED.in_(language)
    return _answer(request, Problem(title="Malformed", status=422, detail=detail, errors=lines))


def _answer(
    request: Request, problem: Problem, headers: Mapping[str, str] | None = None
) -> Response:
    answer: Response
    if wants_page(request):
        answer = pages.problem(pages.language_of(request), problem)
    else:
        answer = JSONResponse(
            problem.model_dump(exclude_none=True),
            status_code=problem.status,
            media_type=problems.MEDIA_TYPE,
            headers={"WWW-Authenticate": "Bearer"} if problem.status == 401 else None,
        )
    answer.headers.update(headers or {})
    return answer


def _health(service: "Service") -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("live\n")

    @router.get("/health/ready")
    async def ready() -> Response:
        failing = await service.failing()
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


def _staff(service: "Service") -> APIRouter:
    router = APIRouter(prefix="/api")
    anybody = tuple(Role)
    operations = Annotated[Staff, require(Role.OPERATIONS)]

    @router.get(
        "/hints",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def hints(staff: Annotated[Staff, require(*anybody)]) -> StreamingResponse:
        service.hints.refuse_beyond(staff.subject)

        async def stream() -> AsyncIterator[str]:
            async for event in service.hints.stream(staff.subject, staff.expires_at):
                yield event

        return StreamingResponse(stream(), media_type="text/event-stream")

    @router.get("/dead-letters")
    async def dead_letters(staff: operations) -> list[DeadLetter]:
        async with service.database.read_only() as conn:
            rows = await conn.fetch(sql.dead_letters, 200)
        return [DeadLetter(**row) for row in rows]

    @router.post("/dead-letters/{id}/replay")
    async def replay(
        staff: operations, id: Annotated[int, Path(ge=1, le=LARGEST_INTEGER)]
    ) -> Replay:
        with long_running():
            async with service.database.transaction() as conn:
                return await service.inbox.replay(conn, id)

    @router.post("/republish")
    async def republish(staff: operations) -> Republished:
        with long_running():
            async with service.database.transaction() as conn:
                return Republished(events=await service.republish(conn))

    return router
