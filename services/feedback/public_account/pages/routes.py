"""Registers the public account in front of the service's other routes."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feedback.public_account.pages import account, open_data, sitemap
from services.feedback.public_account.pages.site import Site, style
from services.feedback.settings import FeedbackSettings
from services.runtime.http.errors import prefers_html
from services.runtime.service import Service


def register(service: Service, settings: FeedbackSettings) -> None:
    site = Site(service, settings)
    # First, as most requests are for them.
    service.api.router.routes[:0] = [
        *account.routes(site),
        *open_data.routes(site, service.database),
        *sitemap.routes(site, service.database),
        Route("/static/account.css", style),
    ]
    _register_not_found(service.api, site)


def _register_not_found(app: FastAPI, site: Site) -> None:
    """Browsers get a page; programs get a problem, as from every service."""
    default = app.exception_handlers[HTTPException]

    async def not_found(request: Request, error: Exception) -> Response:
        if prefers_html(request):
            return site.not_found(request)
        response: Response = await default(request, error)  # type: ignore[misc]
        return response

    app.add_exception_handler(404, not_found)
