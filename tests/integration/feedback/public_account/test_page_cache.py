"""The page cache: no page is older than its request."""

import asyncio
from typing import Any

import pytest

from tests.support.feedback import (
    RETAINED,
    TODAY,
    World,
    collection_state,
    project_state,
)
from tests.support.public_account import (
    LISTS,
    figures_month,
    get_page,
    receive_figures,
)

pytestmark = pytest.mark.servers

MARKERS = {
    "project": "project_changes_the_mark",
    "collection": "collection_changes_the_mark",
    "published_report": "report_changes_the_mark",
    "published_decision": "decision_changes_the_mark",
    "follow_up": "follow_up_changes_the_mark",
    "figures": "figures_change_the_mark",
}


async def test_no_page_is_older_than_the_moment_it_was_asked_for(world: World) -> None:
    """Kept pages are shown only while nothing public has changed, whoever changed it."""
    kept, _ = await world.reported("Un résumé", "Un numéro")
    path = f"/decisions/{kept.proposal_id}"
    async with world.service.database.pool.acquire() as elsewhere:
        for number in range(1, 20):
            before = await get_page(world, path)
            assert (await get_page(world, path)).headers["etag"] == before.headers["etag"]
            # As another replica would: this process hears of it from the database only.
            await elsewhere.execute(
                "INSERT INTO follow_up VALUES ($1, $2, 'planned', $3, $4, 'x')",
                kept.proposal_id,
                number,
                f"Étape {number}",
                TODAY,
            )
            after = await get_page(world, path, **{"If-None-Match": before.headers["etag"]})
            assert after.status_code == 200
            assert f"Étape {number}" in after.text


async def test_many_at_once_get_one_and_the_same_fresh_page(world: World) -> None:
    (kept,) = await world.reported("Un résumé")
    path = f"/decisions/{kept.proposal_id}"
    pages = await asyncio.gather(*(get_page(world, path) for _ in range(200)))
    assert {one.status_code for one in pages} == {200}
    assert len({one.headers["etag"] for one in pages}) == 1


@pytest.mark.parametrize("table", MARKERS)
async def test_whatever_changes_what_is_public_changes_the_mark(world: World, table: str) -> None:
    """By the trigger of its table, and by nothing else once that is dropped."""

    async def mark() -> Any:
        return (await world.fetch("SELECT mark FROM public_state"))[0]["mark"]

    kept, other = await world.reported("Un résumé", "Un numéro")

    async def change(number: int) -> None:
        match table:
            case "project":
                await world.receive(
                    project_state(world.project_id, "reporting", version=7 + number)
                )
            case "collection":
                await world.receive(collection_state(world.project_id, world.proposals, 9 + number))
            case "figures":
                await receive_figures(world, figures_month(4, number))
            case "follow_up":
                await world.follow(kept.proposal_id, "planned")
            case _:
                version = 3 * number
                before = await mark()
                await world.decide(other.proposal_id, version, **RETAINED | {"reason": str(number)})
                assert await mark() == before  # signed, and not public yet
                assert (await world.publish()).is_success

    await world.execute(
        *(f"DROP TRIGGER {name} ON {of}" for of, name in MARKERS.items() if of != table)
    )
    before = await mark()
    await change(1)
    after = await mark()
    assert after != before
    await world.execute(f"DROP TRIGGER {MARKERS[table]} ON {table}")
    await change(2)
    assert await mark() == after


async def test_who_has_the_page_is_told_so(world: World) -> None:
    await world.reported("Un résumé")
    place = f"/projects/{world.project_id}"
    for path in (*LISTS, place, f"{place}/report", "/feed.atom", "/open-data/decisions.json"):
        first = await get_page(world, path)
        assert first.headers["cache-control"] == "public, max-age=60", path
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}" if tag[0] != "W" else tag):
            again = await get_page(world, path, **{"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == tag
        assert (await get_page(world, path, **{"If-None-Match": '"other"'})).status_code == 200
