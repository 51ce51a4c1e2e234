"""Middleware: a request whose prepared statement a migration has made stale is done once more.

PostgreSQL refuses a cached plan whose tables or types have changed, and a transaction in which that
happened can only be rolled back. The session forgets what it had prepared, so the same request,
done again, succeeds: nobody notices that a migration ran.
"""

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.postgres.database import STALE_STATEMENT_ERRORS, count_commits

LARGEST_BODY = 1 << 20

log = structlog.get_logger()


class Retry:
    """Repeats a request at most once, only while nothing of it was committed or answered."""

    def __init__(self, app: ASGIApp, busy: Callable[[Request], Response]) -> None:
        """`busy` answers a request that fails the second time as well."""
        self._app = app
        self._busy = busy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        before = dict(scope)
        body = _Body(receive)
        begun = False

        async def noticing(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with count_commits() as commits:
            try:
                await self._app(scope, body.receive, noticing)
                return
            except STALE_STATEMENT_ERRORS as error:
                if begun or commits or not body.is_replayable:
                    raise
                log.info("request_repeated", error=type(error).__name__)
        # Routers leave their findings in the scope.
        scope.clear()
        scope.update(before)
        try:
            await self._app(scope, body.replay, noticing)
        except STALE_STATEMENT_ERRORS as error:
            if begun:
                raise
            log.warning("took_too_long", error=type(error).__name__)
            await self._busy(Request(scope))(scope, receive, send)


class _Body:
    """A request's body, recorded while it is read unless it is large."""

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
