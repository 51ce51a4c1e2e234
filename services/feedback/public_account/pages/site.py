"""The frame of the public account: languages, addresses, caching, and what is not there.

Every page has one address for good; `?lang=` says which language, else the browser does. A link
keeps the language that was asked for, as nothing else may remember it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from services.feedback.public_account.pages.page_cache import Edition, Fresh, Kept
from services.feedback.public_account.store import Key
from services.feedback.public_account.views import pages, parts
from services.feedback.settings import FeedbackSettings
from services.runtime.http.pages import POLICY, language_of
from services.runtime.service import Service
from services.runtime.text import LANGUAGES, Language

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
A_MINUTE, A_DAY = 60, 86_400
_STYLE = Kept.of(
    files("services.feedback.public_account").joinpath("pages/templates/account.css").read_text(),
    {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"},
)


@dataclass(frozen=True)
class Asked:
    """What a page is to show; `lang` is set if the address says the language."""

    path: str
    language: Language
    lang: Language | None
    query: tuple[tuple[str, str], ...]
    edition: Edition

    @property
    def today(self) -> date:
        return self.edition.today

    def get(self, name: str) -> str | None:
        return dict(self.query).get(name)

    @property
    def after(self) -> Key:
        """Raises ValueError for what no page has linked to."""
        if (said := self.get("after")) is None:
            return None
        day, _, id = said.partition(".")
        return date.fromisoformat(day), UUID(id)


@dataclass(frozen=True)
class Content:
    """What to render. `seconds`: how long others may keep it without asking again."""

    template: str
    data: Mapping[str, Any] = field(default_factory=dict)
    seconds: int = A_MINUTE
    kind: str = HTML


Load = Callable[..., Awaitable[Content | None]]
"""Called with the connection, what is `Asked`, and by name what the path says; reads what a page
shows, in one snapshot. None: there is no such page."""


class Site:
    def __init__(self, service: Service, settings: FeedbackSettings) -> None:
        self._database = service.database
        self._settings = settings
        self.fresh = Fresh(service.database, service.clock)

    @property
    def public_url(self) -> str:
        return self._settings.public_url

    async def page(self, request: Request, load: Load, *takes: str) -> Response:
        """What is kept, or made now. `takes`: the parameters that it understands, beside `lang`."""
        said = request.query_params
        language = language_of(request)
        lang: Language | None = language if said.get("lang") == language else None
        query = tuple((name, said[name]) for name in takes if said.get(name))
        path = request.url.path

        async def make(edition: Edition) -> Kept | None:
            asked = Asked(path, language, lang, query, edition)
            async with self._database.read_only() as conn:
                try:
                    content = await load(conn, asked, **request.path_params)
                except ValueError:  # an address that no page gave
                    return None
            return self._render(content, asked) if content else None

        kept = await self.fresh.page((path, language, lang, query), make)
        if kept is None:
            return self.missing(request)
        return answer(request, kept)

    def missing(self, request: Request) -> Response:
        """For people: where to go instead."""
        language = language_of(request)
        lang = language if request.query_params.get("lang") == language else None
        html = pages.text("missing.html", language, **self._frame("/", language, lang, ()))
        headers = _headers(HTML, language, 0) | {"Cache-Control": "no-store"}
        return Response(html, 404, headers)

    def _render(self, content: Content, asked: Asked) -> Kept:
        frame = self._frame(asked.path, asked.language, asked.lang, asked.query)
        text = pages.text(
            content.template, asked.language, **{**frame, "today": asked.today, **content.data}
        )
        return Kept.of(text, _headers(content.kind, asked.language, content.seconds))

    def _frame(
        self,
        path: str,
        language: Language,
        lang: Language | None,
        query: tuple[tuple[str, str], ...],
    ) -> dict[str, Any]:
        written_in = self._settings.content_language

        def link(to: str, **said: object) -> str:
            return address(to, (("lang", lang), *said.items()))

        def page_in(other: Language | None) -> str:
            return address(self.public_url + path, (*query, ("lang", other)))

        return {
            "link": link,
            "path": path,
            "lang": lang,
            "query": dict(query),
            # What the administration wrote is in its own language, whatever the page's is.
            **parts(language, f' lang="{written_in}"' if written_in != language else ""),
            "public_url": self.public_url,
            "responses_url": self._settings.responses_url,
            "canonical": page_in(language),
            "alternates": {other: page_in(other) for other in LANGUAGES},
            "unsaid": page_in(None),
            "languages": {other: address(path, (*query, ("lang", other))) for other in LANGUAGES},
        }


def address(path: str, query: "tuple[tuple[str, object], ...]") -> str:
    said = [(name, value) for name, value in query if value is not None]
    return f"{path}?{urlencode(said)}" if said else path


def answer(request: Request, kept: Kept) -> Response:
    """Packed or not, each with a strong mark of its own; whoever holds either need not be sent it
    again."""
    plain = kept.headers["ETag"]
    packed = f'{plain[:-1]}-gz"'
    if (asked := request.headers.get("if-none-match")) is not None:
        tags = _tags(asked)
        held = next((tag for tag in (packed, plain) if tag in tags or "*" in tags), None)
        if held is not None:
            headers = {name: said for name, said in kept.headers.items() if name != "Content-Type"}
            return Response(None, 304, headers | {"ETag": held})
    if not _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(kept.body, 200, kept.headers)
    return Response(kept.packed, 200, kept.headers | {"Content-Encoding": "gzip", "ETag": packed})


def _takes_gzip(header: str) -> bool:
    said = [coding.replace(" ", "").lower().split(";") for coding in header.split(",")]
    return any(coding == "gzip" and q not in (["q=0"], ["q=0.0"]) for coding, *q in said)


def _tags(header: str) -> set[str]:
    """Compared weakly (RFC 9110 §13.1.2): a proxy that changes the encoding may mark it so."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _headers(kind: str, language: Language, seconds: int) -> dict[str, str]:
    return {
        "Content-Type": kind,
        "Content-Language": language,
        "Content-Security-Policy": POLICY,
        "Cache-Control": f"public, max-age={seconds}",
        "Vary": "Accept-Language",
    }


Endpoint = Callable[[Request], Awaitable[Response]]


async def style(request: Request) -> Response:
    return answer(request, _STYLE)
