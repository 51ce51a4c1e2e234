"""All of the public account, in front of the service's other routes."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feedback.public_account.pages import account as account_pages
from services.feedback.public_account.pages import open_data
from services.feedback.public_account.pages.site import Site, style
from services.feedback.settings import FeedbackSettings
from services.runtime.http.application import wants_page
from services.runtime.service import Service


def register(service: Service, settings: FeedbackSettings) -> None:
    site = Site(service, settings)
    # Asked for most, they are looked for first.
    service.api.router.routes[:0] = [
        *account_pages.routes(site),
        *open_data.routes(site, service.database),
        Route("/static/account.css", style),
    ]
    _missing_pages(service.api, site)


def _missing_pages(app: FastAPI, site: Site) -> None:
    """Whoever looks for a page gets one; programs get a problem, as everywhere."""
    otherwise = app.exception_handlers[HTTPException]

    async def missing(request: Request, error: Exception) -> Response:
        if wants_page(request):
            return site.missing(request)
        answer: Response = await otherwise(request, error)  # type: ignore[misc]
        return answer

    app.add_exception_handler(404, missing)
