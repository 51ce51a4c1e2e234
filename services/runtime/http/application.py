"""The HTTP application of a service.

Staff routes live under `/api` and return JSON; everything else is for members and returns HTML.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.runtime.http import pages
from services.runtime.http.bodies import BodyLimitMiddleware
from services.runtime.http.errors import install_handlers
from services.runtime.http.methods import HeadMiddleware
from services.runtime.http.middleware import (
    NullCharacterMiddleware,
    RateLimitMiddleware,
    SecurityHeadersMiddleware,
    TelemetryMiddleware,
)
from services.runtime.http.openapi import add_problems
from services.runtime.http.rate_limits import RateLimiter
from services.runtime.http.retry import RetryMiddleware
from services.runtime.http.staff_tokens import StaffTokens
from services.runtime.observability.metrics import RequestMetrics
from services.runtime.observability.tracing import Traces

# A burst of this length may exceed the limit per second.
_BURST_SECONDS = 20.0


class _Application(FastAPI):
    """FastAPI with middleware outside of its error handling.

    So the response to an unexpected error has the security headers too.
    """

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = add_problems(super().openapi())
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        app: Any = super().build_middleware_stack()
        app = BodyLimitMiddleware(app, self.state.large_bodies)
        app = NullCharacterMiddleware(app)
        app = RateLimitMiddleware(app, self.state.rate_limiter)
        app = SecurityHeadersMiddleware(app)
        proxies = self.state.trusted_proxies
        if proxies:
            app = ProxyHeadersMiddleware(app, proxies)
        return cast(ASGIApp, app)


def application(
    name: str,
    routers: Sequence[APIRouter],
    *,
    tokens: StaffTokens,
    requests_per_second: float,
    trusted_proxies: str,
    traces: Traces,
    request_metrics: RequestMetrics,
    count_unexpected: Callable[[], None],
) -> FastAPI:
    """`requests_per_second`: of one client address, or of one person of the staff."""
    app = _Application(
        title=f"Citizen panel: {name}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.tokens = tokens
    app.state.rate_limiter = RateLimiter(requests_per_second, requests_per_second * _BURST_SECONDS)
    app.state.trusted_proxies = trusted_proxies
    app.state.large_bodies = []
    app.state.excluded_from_telemetry = []
    app.add_middleware(RetryMiddleware)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(
        TelemetryMiddleware,
        traces=traces,
        metrics=request_metrics,
        excluded=app.state.excluded_from_telemetry,
    )
    install_handlers(app, count_unexpected)
    for router in (*routers, pages.static_routes):
        app.include_router(router)
    return app
