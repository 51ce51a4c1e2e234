"""The response page: static files, identical for everybody, so that nobody can be singled out.

The page refers to each script and style, imported modules included, with its digest (subresource
integrity): a changed file does not run. The policy allows our scripts, requests to this service and
credentials from campaigns, and nothing else: no cookie, nothing inline, no third party.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.runtime.http.pages import language_of
from services.runtime.text import LANGUAGES, Language, unbroken

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ENTRY = "answer.js"
_YEAR_SECONDS = 365 * 86_400


@dataclass(frozen=True)
class File:
    content: bytes
    media_type: str

    @property
    def integrity(self) -> str:
        return "sha384-" + base64.b64encode(hashlib.sha384(self.content).digest()).decode()

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)

    def response(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Compressed for browsers that accept gzip: the file holds no secret and no input."""
        accepts_gzip = "gzip" in request.headers.get("accept-encoding", "")
        coding = {"Content-Encoding": "gzip"} if accepts_gzip else {}
        vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
        return Response(
            self.compressed if accepts_gzip else self.content,
            media_type=self.media_type,
            headers={**headers, **coding, "Vary": vary},
        )


@dataclass(frozen=True)
class ResponsePage:
    """The page in each language, its static files, and their base path, which changes with them."""

    html: dict[Language, File]
    static: dict[str, File]
    base: str

    @classmethod
    def load(cls) -> Self:
        folder = files(__package__).joinpath("static")
        static = {
            file.name: File(file.read_bytes(), _TYPES[Path(file.name).suffix])
            for file in sorted(folder.iterdir(), key=lambda file: file.name)
            if Path(file.name).suffix in _TYPES
        }
        digests = "".join(f"{name} {file.integrity}\n" for name, file in static.items())
        base = f"/static/answer/{hashlib.sha256(digests.encode()).hexdigest()[:16]}"
        html = {language: _html(language, static, base) for language in LANGUAGES}
        return cls(html, static, base)


def _html(language: Language, static: dict[str, File], base: str) -> File:
    environment = Environment(
        loader=PackageLoader("services.responses.submissions", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    html = environment.get_template("answer.html").render(
        t=lambda fr, en: unbroken(fr) if language == "fr" else en,
        language=language,
        base=base,
        modules=[name for name in static if name.endswith(".js") and name != _ENTRY],
        integrity={name: file.integrity for name, file in static.items()},
    )
    return File(html.encode(), "text/html")


def policy(credentials_url: str) -> dict[str, str]:
    """Headers of the page: scripts need integrity, and no HTML may be made from text."""
    campaigns = urlsplit(credentials_url)
    return {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self'",
                f"connect-src 'self' {campaigns.scheme}://{campaigns.netloc}",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            )
        ),
        "Integrity-Policy": "blocked-destinations=(script)",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
    }


def router(credentials_url: str) -> APIRouter:
    """`GET /answer/{project_id}` and its files; `credentials_url`: where campaigns signs."""
    routes = APIRouter(include_in_schema=False)
    page = ResponsePage.load()
    headers = policy(credentials_url)

    @routes.get("/answer/{project_id}")
    async def answer(request: Request, project_id: str) -> Response:
        language = language_of(request)
        return page.html[language].response(request, {**headers, "Content-Language": language})

    @routes.get(page.base + "/{name}")
    async def file(request: Request, name: str) -> Response:
        if name not in page.static:
            raise HTTPException(404)
        forever = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
        return page.static[name].response(request, forever)

    return routes
