"""The feed and the sitemap, for programs."""

import re
from xml.etree import ElementTree

import pytest

from tests.support.feedback import (
    World,
)
from tests.support.public_account import ATOM, get_page, page_text

pytestmark = pytest.mark.servers


async def test_the_feed_is_valid_atom_with_any_text(world: World) -> None:
    (retained,) = await world.reported("Un <résumé> & plus \x0b \ufffe")
    await world.follow(retained.proposal_id, "planned", note="]]> & \x01")
    first = await get_page(world, "/feed.atom")
    assert first.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(first.content)
    assert feed.tag == f"{ATOM}feed"
    for element in ("id", "title", "updated", "author"):
        assert feed.find(ATOM + element) is not None
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for entry in entries:
        assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", entry.findtext(f"{ATOM}updated") or "")
        link = entry.find(f"{ATOM}link")
        assert link is not None
        address = link.attrib["href"].removeprefix("https://account.example")
        assert (await get_page(world, address)).status_code == 200
    assert "Un <résumé> & plus" in "".join(e.findtext(f"{ATOM}title") or "" for e in entries)
    # An entry keeps its id after later publications.
    ids = {e.findtext(f"{ATOM}id") for e in entries}
    await world.follow(retained.proposal_id, "under_way")
    later = ElementTree.fromstring((await get_page(world, "/feed.atom")).content)
    assert ids < {e.findtext(f"{ATOM}id") for e in later.findall(f"{ATOM}entry")}


async def test_search_engines_find_every_page(world: World) -> None:
    retained, other = await world.reported("Un résumé", "Un numéro")
    assert "Sitemap: https://account.example/sitemap.xml" in await page_text(world, "/robots.txt")
    index = ElementTree.fromstring(await page_text(world, "/sitemap.xml"))
    paths: set[str] = set()
    for part in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc"):
        address = (part.text or "").removeprefix("https://account.example")
        listed = ElementTree.fromstring(await page_text(world, address))
        paths |= {
            (location.text or "").removeprefix("https://account.example")
            for location in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
        }
    project_path = f"/projects/{world.project_id}"
    expected = {project_path, f"{project_path}/report"} | {
        f"/decisions/{p.proposal_id}" for p in (retained, other)
    }
    assert expected < paths
    for path in paths:
        await page_text(world, path)
