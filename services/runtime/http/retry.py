"""Retry of requests whose prepared statement a migration has made stale.

PostgreSQL refuses a cached plan whose tables or types have changed, and a transaction in which that
happened can only be rolled back. The session then forgets its prepared statements, so the same
request succeeds the second time, and nobody notices that a migration ran.
"""

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.http.bodies import LARGEST_BODY
from services.runtime.http.errors import Busy, refusal_response
from services.runtime.postgres.database import STALE_STATEMENT_ERRORS, count_commits

log = structlog.get_logger()


class RetryMiddleware:
    """Repeats a request at most once, and only if it has neither committed nor responded yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        original_scope = dict(scope)
        body = _RecordedBody(receive)
        responded = False

        async def noting_send(message: Message) -> None:
            nonlocal responded
            responded = True
            await send(message)

        with count_commits() as commits:
            try:
                await self._app(scope, body.receive, noting_send)
                return
            except STALE_STATEMENT_ERRORS as error:
                if responded or commits or not body.is_replayable:
                    raise
                log.info("request_repeated", error=type(error).__name__)
        # Routers store the matched route in the scope.
        scope.clear()
        scope.update(original_scope)
        try:
            await self._app(scope, body.replay, noting_send)
        except STALE_STATEMENT_ERRORS as error:
            if responded:
                raise
            log.warning("took_too_long", error=type(error).__name__)
            await refusal_response(Request(scope), Busy())(scope, receive, send)


class _RecordedBody:
    """A request's body, recorded while it is received unless it is large."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self._bytes = 0
        self._replayed = 0
        self.is_replayable = True

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > LARGEST_BODY:
            self.is_replayable = False
            self._messages.clear()
        elif self.is_replayable and message["type"] == "http.request":
            self._messages.append(message)
        return message

    async def replay(self) -> Message:
        if self._replayed < len(self._messages):
            self._replayed += 1
            return self._messages[self._replayed - 1]
        return await self._receive()
