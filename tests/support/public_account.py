"""Reading the public account: its pages, its files, and all of it in one text."""

import re

import httpx

from services.contracts.events.registry import FiguresState
from services.feedback.public_account import use_cases
from tests.support.feedback import World

ATOM = "{http://www.w3.org/2005/Atom}"


LISTS = ("/", "/projects", "/decisions", "/follow-up", "/figures", "/open-data", "/journal")


FILES = (
    "/feed.atom",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap/projects.xml",
    *(f"/sitemap/decisions-{digit:x}.xml" for digit in range(16)),
    *(
        f"/open-data/{name}.{kind}"
        for name in ("projects", "reports", "decisions", "follow-up", "figures")
        for kind in ("json", "csv")
    ),
)


async def get_page(world: World, path: str, **headers: str) -> httpx.Response:
    return await world.client.get(path, headers={"Accept": "text/html"} | headers)


async def page_text(world: World, path: str, **headers: str) -> str:
    response = await get_page(world, path, **headers)
    assert response.status_code == 200, (path, response.text)
    return response.text


async def all_public_text(world: World) -> str:
    """All that is public, in one text."""
    paths: list[str] = [*LISTS, *FILES]
    for row in await world.fetch("SELECT project_id FROM project WHERE state <> 'draft'"):
        paths += [f"/projects/{row['project_id']}", f"/projects/{row['project_id']}/report"]
    for row in await world.fetch("SELECT project_id, version FROM published_report"):
        paths.append(f"/projects/{row['project_id']}/report/{row['version']}")
    for row in await world.fetch("SELECT DISTINCT proposal_id FROM published_decision"):
        paths.append(f"/decisions/{row['proposal_id']}")
    return "\n".join([(await get_page(world, path)).text for path in paths])


def visible_text(html: str) -> str:
    """The text of a page as a person reads it; inline elements do not separate words."""
    return " ".join(re.sub("<[^>]+>", " ", re.sub("</?(span|time|strong)[^>]*>", "", html)).split())


def figures_month(count: int, version: int = 1) -> FiguresState:
    return FiguresState(
        version=version,
        month="2026-12",
        solicitations=count,
        people_solicited=count,
        most_for_one_person_in_31_days=1,
        notices=count,
    )


async def receive_figures(world: World, *months: FiguresState) -> None:
    async with world.service.database.transaction() as conn:
        await use_cases.apply_figures_states(conn, world.service.clock, months)
