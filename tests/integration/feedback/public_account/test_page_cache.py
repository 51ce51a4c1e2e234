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


async def test_no_page_is_older_than_its_request(world: World) -> None:
    """A cached page is served only while no public data has changed, by any process."""
    retained, _ = await world.reported("Un résumé", "Un numéro")
    path = f"/decisions/{retained.proposal_id}"
    async with world.service.database.pool.acquire() as elsewhere:
        for number in range(1, 20):
            old_page = await get_page(world, path)
            assert (await get_page(world, path)).headers["etag"] == old_page.headers["etag"]
            # As another replica would: this process learns of it from the database only.
            await elsewhere.execute(
                "INSERT INTO follow_up VALUES ($1, $2, 'planned', $3, $4, 'x')",
                retained.proposal_id,
                number,
                f"Étape {number}",
                TODAY,
            )
            new_page = await get_page(world, path, **{"If-None-Match": old_page.headers["etag"]})
            assert new_page.status_code == 200
            assert f"Étape {number}" in new_page.text


async def test_concurrent_requests_get_one_and_the_same_page(world: World) -> None:
    (retained,) = await world.reported("Un résumé")
    path = f"/decisions/{retained.proposal_id}"
    pages = await asyncio.gather(*(get_page(world, path) for _ in range(200)))
    assert {page.status_code for page in pages} == {200}
    assert len({page.headers["etag"] for page in pages}) == 1


@pytest.mark.parametrize("table", MARKERS)
async def test_every_change_of_public_data_changes_the_mark(world: World, table: str) -> None:
    """The trigger of the table changes it, and nothing else does once that is dropped."""

    async def mark() -> Any:
        return (await world.fetch("SELECT mark FROM public_state"))[0]["mark"]

    retained, other = await world.reported("Un résumé", "Un numéro")

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
                await world.follow(retained.proposal_id, "planned")
            case _:
                version = 3 * number
                mark_before = await mark()
                await world.decide(other.proposal_id, version, **RETAINED | {"reason": str(number)})
                assert await mark() == mark_before  # signed, and not public yet
                assert (await world.publish()).is_success

    await world.execute(
        *(f"DROP TRIGGER {name} ON {of}" for of, name in MARKERS.items() if of != table)
    )
    mark_before = await mark()
    await change(1)
    mark_after = await mark()
    assert mark_after != mark_before
    await world.execute(f"DROP TRIGGER {MARKERS[table]} ON {table}")
    await change(2)
    assert await mark() == mark_after


async def test_a_client_that_has_the_page_gets_304(world: World) -> None:
    await world.reported("Un résumé")
    project_path = f"/projects/{world.project_id}"
    for path in (
        *LISTS,
        project_path,
        f"{project_path}/report",
        "/feed.atom",
        "/open-data/decisions.json",
    ):
        first = await get_page(world, path)
        assert first.headers["cache-control"] == "public, max-age=60", path
        tag = first.headers["etag"]
        for if_none_match in (tag, f'"other", {tag}', f"W/{tag}" if tag[0] != "W" else tag):
            not_modified = await get_page(world, path, **{"If-None-Match": if_none_match})
            assert (not_modified.status_code, not_modified.content) == (304, b""), path
            assert not_modified.headers["etag"] == tag
        assert (await get_page(world, path, **{"If-None-Match": '"other"'})).status_code == 200
