"""The frame of the public account: languages, addresses, caching, and the page for unknown paths.

Every page has one permanent address; `?lang=` selects the language, otherwise the browser does.
Links keep a language selected by the address, as the site has no cookie to remember it.
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

from services.feedback.public_account.pages.page_cache import CachedPage, Edition, PageCache
from services.feedback.public_account.store import PageKey
from services.feedback.public_account.views import pages, template_helpers
from services.feedback.settings import FeedbackSettings
from services.runtime.http.pages import POLICY, language_of
from services.runtime.service import Service
from services.runtime.text import LANGUAGES, Language

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
A_MINUTE, A_DAY = 60, 86_400
_STYLE = CachedPage.of(
    files("services.feedback.public_account").joinpath("pages/templates/account.css").read_text(),
    {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"},
)


@dataclass(frozen=True)
class PageRequest:
    """`lang` is set if the address selects the language."""

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
    def page_key(self) -> PageKey:
        """Raises ValueError for a key that no page has linked to."""
        if (key := self.get("after")) is None:
            return None
        day, _, id = key.partition(".")
        return date.fromisoformat(day), UUID(id)


@dataclass(frozen=True)
class Content:
    """A template and its data. `seconds`: how long clients may cache it without revalidation."""

    template: str
    data: Mapping[str, Any] = field(default_factory=dict)
    seconds: int = A_MINUTE
    media_type: str = HTML


Load = Callable[..., Awaitable[Content | None]]
"""Reads the content of a page in one snapshot: called with the connection, the PageRequest and the
path parameters by name. None: there is no such page."""


class Site:
    def __init__(self, service: Service, settings: FeedbackSettings) -> None:
        self._database = service.database
        self._settings = settings
        self.cache = PageCache(service.database, service.clock)

    @property
    def public_url(self) -> str:
        return self._settings.public_url

    async def page(self, request: Request, load: Load, *parameters: str) -> Response:
        """The page from the cache, or rendered. `parameters`: those it accepts beside `lang`."""
        params = request.query_params
        language = language_of(request)
        lang: Language | None = language if params.get("lang") == language else None
        query = tuple((name, params[name]) for name in parameters if params.get(name))
        path = request.url.path

        async def render(edition: Edition) -> CachedPage | None:
            page_request = PageRequest(path, language, lang, query, edition)
            async with self._database.read_only() as conn:
                try:
                    content = await load(conn, page_request, **request.path_params)
                except ValueError:  # a malformed key: no page has linked to it
                    return None
            return self._render(content, page_request) if content else None

        page = await self.cache.page((path, language, lang, query), render)
        if page is None:
            return self.not_found(request)
        return respond(request, page)

    def not_found(self, request: Request) -> Response:
        """The page for unknown paths, with links to the lists."""
        language = language_of(request)
        lang = language if request.query_params.get("lang") == language else None
        html = pages.text("missing.html", language, **self._frame("/", language, lang, ()))
        headers = _headers(HTML, language, 0) | {"Cache-Control": "no-store"}
        return Response(html, 404, headers)

    def _render(self, content: Content, request: PageRequest) -> CachedPage:
        frame = self._frame(request.path, request.language, request.lang, request.query)
        text = pages.text(
            content.template, request.language, **{**frame, "today": request.today, **content.data}
        )
        headers = _headers(content.media_type, request.language, content.seconds)
        return CachedPage.of(text, headers)

    def _frame(
        self,
        path: str,
        language: Language,
        lang: Language | None,
        query: tuple[tuple[str, str], ...],
    ) -> dict[str, Any]:
        content_language = self._settings.content_language
        # Texts of the administration are in its language, whatever the page's is.
        content_lang = f' lang="{content_language}"' if content_language != language else ""

        def link(path: str, **parameters: object) -> str:
            return address(path, (("lang", lang), *parameters.items()))

        def page_in(other: Language | None) -> str:
            return address(self.public_url + path, (*query, ("lang", other)))

        return {
            "link": link,
            "path": path,
            "lang": lang,
            "query": dict(query),
            **template_helpers(language, content_lang),
            "public_url": self.public_url,
            "responses_url": self._settings.responses_url,
            "canonical": page_in(language),
            "alternates": {other: page_in(other) for other in LANGUAGES},
            "without_language": page_in(None),
            "languages": {other: address(path, (*query, ("lang", other))) for other in LANGUAGES},
        }


def address(path: str, query: "tuple[tuple[str, object], ...]") -> str:
    """The path with those parameters that have a value."""
    parameters = [(name, value) for name, value in query if value is not None]
    return f"{path}?{urlencode(parameters)}" if parameters else path


def respond(request: Request, page: CachedPage) -> Response:
    """The page, compressed if the client accepts it, or 304 if the client has it in either form.

    The two forms have different bytes, hence different strong ETags."""
    plain_tag = page.headers["ETag"]
    gzip_tag = f'{plain_tag[:-1]}-gz"'
    if (header := request.headers.get("if-none-match")) is not None:
        tags = _tags(header)
        match = next((tag for tag in (gzip_tag, plain_tag) if tag in tags or "*" in tags), None)
        if match is not None:
            headers = {name: line for name, line in page.headers.items() if name != "Content-Type"}
            return Response(None, 304, headers | {"ETag": match})
    if not _accepts_gzip(request.headers.get("accept-encoding", "")):
        return Response(page.body, 200, page.headers)
    headers = page.headers | {"Content-Encoding": "gzip", "ETag": gzip_tag}
    return Response(page.compressed, 200, headers)


def _accepts_gzip(header: str) -> bool:
    codings = [coding.replace(" ", "").lower().split(";") for coding in header.split(",")]
    return any(coding == "gzip" and q not in (["q=0"], ["q=0.0"]) for coding, *q in codings)


def _tags(header: str) -> set[str]:
    """For a weak comparison (RFC 9110 §13.1.2), as a proxy that re-encodes weakens the tag."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _headers(media_type: str, language: Language, seconds: int) -> dict[str, str]:
    return {
        "Content-Type": media_type,
        "Content-Language": language,
        "Content-Security-Policy": POLICY,
        "Cache-Control": f"public, max-age={seconds}",
        "Vary": "Accept-Language",
    }


Endpoint = Callable[[Request], Awaitable[Response]]


async def style(request: Request) -> Response:
    return respond(request, _STYLE)
