"""Members' pages: plain HTML in French and English, no script, strict headers."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from services.contracts.http.common import Problem
from services.runtime.text import LANGUAGES, Language, preferred

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)

static = APIRouter(include_in_schema=False)


@static.get("/static/panel.css")
async def style() -> Response:
    css = files("services.runtime").joinpath("templates/panel.css").read_text()
    return Response(css, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@static.get("/static/icon.svg")
async def icon() -> Response:
    svg = files("services.runtime").joinpath("templates/icon.svg").read_bytes()
    return Response(
        svg, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


def language_of(request: Request) -> Language:
    """The language asked for by `?lang=`, else by the browser, else French."""
    asked = request.query_params.get("lang")
    return next(
        (known for known in LANGUAGES if known == asked),
        preferred(request.headers.get("accept-language")),
    )


class Pages:
    """Renders the templates of one package, on top of the common frame.

    Templates say each sentence in both languages, `{{ t("français", "English") }}`, and figures
    with `decimal`, `percent` (of a share) and `days`.
    """

    def __init__(self, package: str | None = None) -> None:
        common = PackageLoader("services.runtime", "templates")
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package, "pages/templates"), common])
            if package
            else common,
            autoescape=True,
            undefined=StrictUndefined,
        )

    def render(self, name: str, language: Language, status: int = 200, **data: Any) -> HTMLResponse:
        def t(fr: str, en: str) -> str:
            return fr if language == "fr" else en

        def decimal(value: float) -> str:
            return t(f"{value:.2f}".replace(".", ","), f"{value:.2f}")

        def percent(share: float) -> str:
            return t(f"{share:.0%}".replace("%", "\u00a0%"), f"{share:.0%}")

        def days(count: float) -> str:
            whole = round(count)
            many = whole > 1 if language == "fr" else whole != 1
            return f"{whole} {t('jours' if many else 'jour', 'days' if many else 'day')}"

        html = self._environment.get_template(name).render(
            t=t, decimal=decimal, percent=percent, days=days, language=language, **data
        )
        return HTMLResponse(
            html,
            status_code=status,
            headers={"Content-Security-Policy": _POLICY, "Content-Language": language},
        )


_common = Pages()


def problem(language: Language, problem: Problem) -> HTMLResponse:
    """A refusal as a page."""
    return _common.render("problem.html", language, problem.status, problem=problem)
