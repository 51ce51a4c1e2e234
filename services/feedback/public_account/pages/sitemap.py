"""robots.txt and sitemaps, for search engines."""

from collections.abc import Sequence
from uuid import UUID
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feedback.public_account import store
from services.feedback.public_account.pages.site import Site
from services.runtime.postgres.database import Connection, Database

_CACHED = {"Cache-Control": "public, max-age=60"}
_XML = "application/xml; charset=utf-8"
_LISTS = ("/", "/projects", "/decisions", "/follow-up", "/figures", "/open-data", "/journal")


def routes(site: Site, database: Database) -> list[Route]:
    """Decisions are in sixteen sitemaps, as one holds 50,000 addresses at most."""
    robots = (
        f"User-agent: *\nDisallow: /api/\nDisallow: /health/\n\n"
        f"Sitemap: {site.public_url}/sitemap.xml\n"
    )
    parts = ["projects", *(f"decisions-{digit:x}" for digit in range(16))]
    index = _document(
        "sitemapindex", "sitemap", [f"{site.public_url}/sitemap/{part}.xml" for part in parts]
    )

    async def robots_txt(request: Request) -> Response:
        return Response(robots, media_type="text/plain; charset=utf-8", headers=_CACHED)

    async def sitemap(request: Request) -> Response:
        return Response(index, media_type=_XML, headers=_CACHED)

    async def part(request: Request) -> Response:
        name = request.path_params["part"]
        if name not in parts:
            return site.not_found(request)
        async with database.read_only() as conn:
            paths = await (_projects(conn) if name == "projects" else _decisions(conn, name[-1]))
        body = _document("urlset", "url", [site.public_url + path for path in paths])
        return Response(body, media_type=_XML, headers=_CACHED)

    return [
        Route("/robots.txt", robots_txt),
        Route("/sitemap.xml", sitemap),
        Route("/sitemap/{part}.xml", part),
    ]


async def _projects(conn: Connection) -> list[str]:
    paths = list(_LISTS)
    for project_id, reported in await store.list_project_addresses(conn):
        paths.append(f"/projects/{project_id}")
        if reported:
            paths.append(f"/projects/{project_id}/report")
    return paths


async def _decisions(conn: Connection, digit: str) -> list[str]:
    """Of proposals whose id begins with this hexadecimal digit."""
    first = int(digit, 16) << 124
    end = first + (1 << 124)
    proposal_ids = await store.list_decision_addresses(
        conn, UUID(int=first), UUID(int=end) if digit != "f" else None
    )
    return [f"/decisions/{proposal_id}" for proposal_id in proposal_ids]


def _document(root: str, element: str, addresses: Sequence[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "".join(f"<{element}><loc>{escape(address)}</loc></{element}>\n" for address in addresses)
        + f"</{root}>\n"
    )
