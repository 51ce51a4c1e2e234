"""Exceptions as HTTP responses: problem details (RFC 9457) for programs, pages for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.contracts.http.common import Problem
from services.contracts.http.violations import violations
from services.runtime.http import pages
from services.runtime.http.methods import allowed_methods, asks_for_methods
from services.runtime.http.openapi import PROBLEM_MEDIA_TYPE
from services.runtime.http.routes import route_template
from services.runtime.postgres.database import UNAVAILABLE_ERRORS, DatabaseUnreachable
from services.runtime.refusal import Refusal
from services.runtime.text import Text

log = structlog.get_logger()

_UNEXPECTED = Text(
    fr="Une erreur inattendue s'est produite ; elle est enregistrée sous la référence {reference}.",
    en="An unexpected error occurred; it is recorded under reference {reference}.",
)
_MALFORMED = Text(
    fr="La demande n'a pas la forme attendue.", en="The request does not have the expected form."
)
_SENTENCES = {
    404: Text(fr="Cette adresse n'existe pas.", en="This address does not exist."),
    405: Text(
        fr="Cette adresse n'accepte pas ce type de demande.",
        en="This address does not accept this kind of request.",
    ),
}


class Busy(Refusal):
    status = 503
    sentence = Text(
        fr="L'opération a pris trop de temps et a été interrompue.",
        en="The operation took too long and was stopped.",
    )
    way_out = Text(fr="Réessayez dans un instant.", en="Try again in a moment.")

    @property
    def retry_after(self) -> int:
        return 5


class Unavailable(Busy):
    sentence = Text(
        fr="Ce service ne peut pas répondre en ce moment : sa base de données est injoignable.",
        en="This service cannot respond at the moment: its database cannot be reached.",
    )


def install_handlers(app: FastAPI, count_unexpected: Callable[[], None]) -> None:
    """Render every exception; `count_unexpected` is called for one that no handler expects."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return refusal_response(request, refusal)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return malformed_response(request, error.errors())

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        # FastAPI raises 400 for a body that it cannot decode, 422 for every other malformed one.
        if error.status_code == 400:
            return malformed_response(request)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(allowed_methods(request))
            if asks_for_methods(request):
                return Response(status_code=204, headers=headers)
        sentence = _SENTENCES.get(error.status_code)
        detail = sentence.in_(pages.language_of(request)) if sentence else error.detail
        problem = Problem(title=error.detail, status=error.status_code, detail=detail)
        return _problem_response(request, problem, headers)

    @app.exception_handler(ClientDisconnect)
    async def disconnected(request: Request, _: ClientDisconnect) -> Response:
        return Response(status_code=400)  # that nobody receives

    async def unavailable(request: Request, error: Exception) -> Response:
        route = route_template(request.scope)
        log.warning("took_too_long", error=type(error).__name__, route=route, method=request.method)
        unreachable = isinstance(error, DatabaseUnreachable)
        return refusal_response(request, Unavailable() if unreachable else Busy())

    for error_type in UNAVAILABLE_ERRORS:
        app.add_exception_handler(error_type, unavailable)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        reference = uuid4().hex[:8]
        log.error(
            "unexpected_error",
            reference=reference,
            route=route_template(request.scope),
            method=request.method,
            exc_info=error,
        )
        count_unexpected()
        detail = _UNEXPECTED.in_(pages.language_of(request), reference=reference)
        return _problem_response(request, Problem(title="Unexpected", status=500, detail=detail))


def prefers_html(request: Request) -> bool:
    """Whether a person opens the address in a browser, rather than a program."""
    for_programs = request.url.path.startswith(("/api", "/health", "/metrics"))
    return not for_programs and "text/html" in (request.headers.get("accept") or "")


def refusal_response(request: Request, refusal: Refusal) -> Response:
    language = pages.language_of(request)
    return _problem_response(
        request,
        Problem(
            type=f"urn:panel:{type(refusal).__name__}",
            title=type(refusal).__name__,
            status=refusal.status,
            detail=refusal.message(language),
            way_out=refusal.way_out_message(language),
            errors=refusal.details(language),
        ),
        {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None,
    )


def malformed_response(request: Request, errors: Sequence[Mapping[str, Any]] = ()) -> Response:
    """422 with the paths and kinds of the errors only: the input may be personal."""
    language = pages.language_of(request)
    colon = " :" if language == "fr" else ":"
    lines = [f"{v.path}{colon} {v.in_(language)}" for v in violations(errors)]
    detail = _MALFORMED.in_(language)
    problem = Problem(title="Malformed", status=422, detail=detail, errors=lines)
    return _problem_response(request, problem)


def _problem_response(
    request: Request, problem: Problem, headers: Mapping[str, str] | None = None
) -> Response:
    response: Response
    if prefers_html(request):
        response = pages.problem_page(pages.language_of(request), problem)
    else:
        response = JSONResponse(
            problem.model_dump(exclude_none=True),
            status_code=problem.status,
            media_type=PROBLEM_MEDIA_TYPE,
            headers={"WWW-Authenticate": "Bearer"} if problem.status == 401 else None,
        )
    response.headers.update(headers or {})
    return response
