"""Copies of the other services' proposals."""

from uuid import uuid4

from services.feedback.projects import use_cases
from tests.support.feedback import World, proposal_state


async def test_proposals_are_stored_with_the_ids_merged_into_each(world: World) -> None:
    merged = {title: [uuid4() for _ in range(n)] for n, title in enumerate(("a", "b", "c"))}
    for titles in (("c",), ("a",), ("a", "b", "c")):
        batch = [
            proposal_state(world.project_id, title).model_copy(update={"merged_ids": merged[title]})
            for title in titles
        ]
        async with world.service.database.transaction() as conn:
            await use_cases.apply_proposal_states(conn, world.service.clock, batch)
    rows = await world.fetch("SELECT title, merged_ids FROM proposal")
    assert len(rows) == 5
    assert all(row["merged_ids"] == merged[row["title"]] for row in rows)
