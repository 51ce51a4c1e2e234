"""Members' pages: plain HTML in French and English, no script, strict headers."""

from collections.abc import Callable
from datetime import date
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from services.contracts.characters import clean
from services.contracts.http.common import Problem
from services.runtime.text import LANGUAGES, Language, long_date, preferred, unbroken

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)

static_routes = APIRouter(include_in_schema=False)


@static_routes.get("/static/panel.css")
async def style() -> Response:
    css = files("services.runtime").joinpath("templates/panel.css").read_text()
    return Response(css, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@static_routes.get("/static/icon.svg")
async def icon() -> Response:
    svg = files("services.runtime").joinpath("templates/icon.svg").read_bytes()
    return Response(
        svg, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


def language_of(request: Request) -> Language:
    """The language of `?lang=`, else the browser's, else French."""
    parameter = request.query_params.get("lang")
    return next(
        (language for language in LANGUAGES if language == parameter),
        preferred(request.headers.get("accept-language")),
    )


class Pages:
    """Renders the templates of one package, within the common frame.

    Templates write each sentence in both languages, `{{ t("français", "English") }}`, days as
    `long_date`, last days that count in full as `last_day`, and figures with `number`, `decimal`,
    `percent` (of a share) and `days`.
    """

    def __init__(self, package: str | None = None, **shared: Any) -> None:
        """`shared`: further variables of every template of the package."""
        common = PackageLoader("services.runtime", "templates")
        self._environment = Environment(
            loader=ChoiceLoader([_loader(package), common]) if package else common,
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # asks the disk at every include otherwise
        )
        self._environment.globals.update(shared)
        self._helpers = {language: _helpers(language) for language in LANGUAGES}

    def text(self, name: str, language: Language, **data: Any) -> str:
        """Render a template; escaped if its name ends in .html or .xml.

        Control characters are removed, whatever is stored: neither HTML nor XML can hold them,
        not even escaped, and one in a title would make a whole feed unreadable.
        """
        template = self._environment.get_template(name)
        return clean(template.render(self._helpers[language], language=language, **data))

    def render(
        self,
        name: str,
        language: Language,
        status: int = 200,
        leads_to: str = "",
        **data: Any,
    ) -> HTMLResponse:
        """`leads_to`: another origin to which a form of this page redirects."""
        policy = POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}".rstrip())
        return HTMLResponse(
            self.text(name, language, **data),
            status_code=status,
            headers={"Content-Security-Policy": policy, "Content-Language": language},
        )


def _loader(package: str) -> PackageLoader:
    folder = "templates" if files(package).joinpath("templates").is_dir() else "pages/templates"
    return PackageLoader(package, folder)


def _helpers(language: Language) -> dict[str, Callable[..., str]]:
    def t(fr: str, en: str) -> str:
        return unbroken(fr) if language == "fr" else en

    def decimal(value: float) -> str:
        return t(f"{value:.2f}".replace(".", ","), f"{value:.2f}")

    def number(value: int) -> str:
        return t(f"{value:,}".replace(",", "\u202f"), f"{value:,}")

    def percent(share: float) -> str:
        return t(f"{share:.0%}".replace("%", "\u00a0%"), f"{share:.0%}")

    def days(count: float) -> str:
        whole = round(count)
        many = whole > 1 if language == "fr" else whole != 1
        return f"{whole} {t('jours' if many else 'jour', 'days' if many else 'day')}"

    def on(day: date | str) -> str:
        return long_date(date.fromisoformat(day) if isinstance(day, str) else day, language)

    def last_day(day: date) -> str:
        """A last day that counts in full, after "until"."""
        return t(f"{on(day)} inclus (heure de Paris)", f"the end of {on(day)} (Paris time)")

    return {
        "t": t,
        "decimal": decimal,
        "number": number,
        "percent": percent,
        "days": days,
        "long_date": on,
        "last_day": last_day,
    }


_common = Pages()


def problem_page(language: Language, problem: Problem) -> HTMLResponse:
    return _common.render("problem.html", language, problem.status, problem=problem)
