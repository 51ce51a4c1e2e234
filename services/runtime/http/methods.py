"""HTTP methods: HEAD and OPTIONS as RFC 9110 defines them, on every page and link.

Mail scanners send HEAD and OPTIONS to each link of a message, and take a refusal for a dead link.
"""

import asyncio

from fastapi import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Safe methods (RFC 9110, section 9.2.1) change nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
_STAFF_PREFIX = "/api/"


def allowed_methods(request: Request) -> list[str]:
    """Methods of an address, over all the routes that share it (RFC 9110, section 10.2.1)."""
    address = {key: request.scope[key] for key in ("type", "path", "root_path", "headers")}
    routes = request.app.routes
    allowed = [
        method
        for method in sorted(METHODS)
        if any(route.matches({**address, "method": method})[0] is Match.FULL for route in routes)
    ]
    has_head = "GET" in allowed and not request.url.path.startswith(_STAFF_PREFIX)
    return sorted({*allowed, "OPTIONS", *(("HEAD",) if has_head else ())})


def asks_for_methods(request: Request) -> bool:
    """Whether this is OPTIONS, but no CORS preflight, which asks about scripts of other sites."""
    preflight = "access-control-request-method" in request.headers
    return request.method == "OPTIONS" and not preflight


class HeadMiddleware:
    """Answers HEAD as GET without the body, on every page and link (RFC 9110, section 9.3.2).

    Routes that handle HEAD themselves keep their response. The staff API stays as described.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        if not is_head or scope["path"].startswith(_STAFF_PREFIX):
            await self._app(scope, receive, send)
            return
        get_scope = {**scope, "method": "GET"}
        refused = False

        async def unless_refused(message: Message) -> None:
            nonlocal refused
            refused = refused or message.get("status") == 405
            if not refused:
                await send(message)

        await self._app(scope, receive, unless_refused)
        if refused:
            await self._send_head(get_scope, receive, send)

    async def _send_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cancel the route after its head, so that a download is not produced for nobody."""
        ended = False

        async def head_only(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body", False):
                    getting.cancel()

        getting = asyncio.ensure_future(self._app(scope, receive, head_only))
        try:
            await getting
        except asyncio.CancelledError:
            if not ended:
                raise
