"""Limits of request bodies: their size, and the time in which they must arrive."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.http.errors import refusal_response
from services.runtime.refusal import Refusal
from services.runtime.text import Text

LARGEST_BODY = 1 << 20
_BODY_SECONDS = 30.0
_LARGE_BODY_SECONDS = 900.0


class BodyTooLarge(Refusal):
    status = 413
    sentence = Text(
        fr="La demande est trop grande : {most} octets au plus, annoncés d'avance.",
        en="The request is too large: {most} bytes at most, announced beforehand.",
    )


class BodyTooSlow(Refusal):
    status = 408
    sentence = Text(
        fr="La demande n'est pas arrivée en entier en {seconds} s.",
        en="The request did not arrive whole within {seconds} s.",
    )
    way_out = Text(fr="Réessayez.", en="Try again.")


def body_limit(max_bytes: int) -> type[APIRoute]:
    """A route class that refuses larger bodies without reading them.

    The announced length decides, as the server reads no further than that.
    """

    class LimitedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def limited(request: Request) -> Response:
                length = request.headers.get("content-length", "")
                if not (length.isascii() and length.isdigit()) or int(length) > max_bytes:
                    raise BodyTooLarge(most=max_bytes)
                return await handle(request)

            return limited

    return LimitedRoute


class BodyLimitMiddleware:
    """Refuses bodies that are too large, of unknown size, or too slow."""

    def __init__(
        self, app: ASGIApp, large_bodies: "list[re.Pattern[str]]", seconds: float = _BODY_SECONDS
    ) -> None:
        """`large_bodies`: paths whose routes limit the size of their bodies themselves."""
        self._app = app
        self._large_bodies = large_bodies
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        large = any(path.fullmatch(scope["path"]) for path in self._large_bodies)
        if not large and _is_too_large(scope):
            refusal = refusal_response(Request(scope), BodyTooLarge(most=LARGEST_BODY))
            await refusal(scope, receive, send)
            return
        body = _TimedBody(scope, receive, send, _LARGE_BODY_SECONDS if large else self._seconds)
        await self._app(scope, body.receive, body.send)


def _is_too_large(scope: Scope) -> bool:
    """By the announced length: the server reads no further than that."""
    length: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = value
        elif name == b"transfer-encoding":
            length = b""
    return length is not None and not (length.isdigit() and int(length) <= LARGEST_BODY)


class _TimedBody:
    """A request's body with a deadline.

    When it passes, the client receives 408, and the application a disconnect.
    """

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
            refusal = BodyTooSlow(seconds=round(self._seconds))
            response = refusal_response(Request(self._scope), refusal)
            response.headers["connection"] = "close"
            self._complete = self._refused = True
            await response(self._scope, self._receive, self._send)
            return {"type": "http.disconnect"}
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if not self._refused:
            await self._send(message)
