"""Middleware around every route: security headers, rate limits, telemetry.

Plain ASGI applications, as a middleware that streams responses costs more than most pages.
"""

import re
import time

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.http.errors import malformed_response, refusal_response
from services.runtime.http.methods import SAFE_METHODS
from services.runtime.http.rate_limits import RateLimiter, TooOften, rate_limit_key
from services.runtime.http.routes import method_label, route_template
from services.runtime.observability import tracing
from services.runtime.observability.metrics import RequestMetrics
from services.runtime.observability.tracing import Traces

# Defaults, for responses that do not set these headers themselves.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # Pages have a policy of their own; everything else must not render anything.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
# Signed-in staff are limited per person (services.runtime.http.dependencies).
_UNLIMITED = re.compile(r"/(api|health|metrics)(/.*)?")


class SecurityHeadersMiddleware:
    """Adds the default headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                names = {name.lower() for name, _ in headers}
                defaults = (default for default in _HEADERS if default[0] not in names)
                message["headers"] = [*headers, *defaults]
            await send(message)

        await self._app(scope, receive, with_headers)


class RateLimitMiddleware:
    """Limits the requests of each client address to pages."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _UNLIMITED.fullmatch(scope["path"]):
            try:
                self._limiter.take(rate_limit_key(scope["client"]))
            except TooOften as refusal:
                await refusal_response(Request(scope), refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class NullCharacterMiddleware:
    """Refuses addresses with U+0000, which no PostgreSQL text can hold."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            await malformed_response(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


class TelemetryMiddleware:
    """Measures every request, and traces those of unsafe methods, by route template."""

    def __init__(
        self,
        app: ASGIApp,
        traces: Traces,
        metrics: RequestMetrics,
        excluded: "list[re.Pattern[str]]",
    ) -> None:
        """`excluded`: paths that are neither traced nor counted."""
        self._app = app
        self._traces = traces
        self._metrics = metrics
        self._excluded = excluded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(p.fullmatch(scope["path"]) for p in self._excluded):
            await self._app(scope, receive, send)
            return
        method = method_label(scope)
        if not self._traces.enabled or method in SAFE_METHODS:
            await self._measure(method, scope, receive, send)
            return
        with self._traces.command(method) as span:
            status = 500
            try:
                status = await self._measure(method, scope, receive, send)
            finally:
                route = route_template(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    tracing.mark_failed(span, str(status))

    async def _measure(self, method: str, scope: Scope, receive: Receive, send: Send) -> int:
        """Measure until the response begins, as a stream may last for hours; return its status."""
        started = time.perf_counter()
        status = 0

        async def measured_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                seconds = time.perf_counter() - started
                self._metrics.observe(route_template(scope), method, status, seconds)
            await send(message)

        try:
            await self._app(scope, receive, measured_send)
        finally:
            if not status:
                # An error that is rendered further out, or a client that disconnected.
                seconds = time.perf_counter() - started
                self._metrics.observe(route_template(scope), method, 500, seconds)
        return status
