"""No number of people below five is shown, nor can one be computed."""

import pytest

from services.contracts.events.campaigns import ProjectState
from tests.support.feedback import World, collection_state, project_state, proposal_state
from tests.support.public_account import (
    FILES,
    LISTS,
    figures_month,
    get_page,
    page_text,
    receive_figures,
)

pytestmark = pytest.mark.servers


async def test_no_number_below_five_is_shown(world: World) -> None:
    few = proposal_state(world.project_id, "Rare").model_copy(update={"support": 3})
    await world.receive(
        project_state(world.project_id, asked=4, joined=3, credentials_issued=2),
        few,
        collection_state(world.project_id, [few], contributions=2),
    )
    await world.decide(few.proposal_id)
    await world.summarise()
    assert (await world.publish()).is_success
    await receive_figures(world, figures_month(4))
    page = await page_text(world, f"/projects/{world.project_id}")
    assert page.count("fewer than 5") >= 3
    assert "were read by" not in page
    assert "Supported by" not in await page_text(world, f"/projects/{world.project_id}/report")
    assert "Supported by" not in await page_text(world, f"/decisions/{few.proposal_id}")
    figures = await page_text(world, "/figures")
    assert figures.count("fewer than 5") == 3
    assert "too few contributions" in figures


async def test_pages_and_open_data_work_without_the_optional_fields_of_events(
    world: World,
) -> None:
    """A month with fewer than five notices, for example, has no count of them."""
    proposal = proposal_state(world.project_id, "Dire la date")
    bare = project_state(world.project_id)
    optional = {
        name: None for name, field in ProjectState.model_fields.items() if field.default is None
    }
    await world.receive(
        bare.model_copy(update=optional),
        proposal,
        collection_state(world.project_id, [proposal]).model_copy(
            update={"contributions": None, "unread": None}
        ),
    )
    few = figures_month(7).model_copy(update={"notices": None, "refused_by_reason": {}})
    await receive_figures(world, few)
    for path in (*LISTS, *FILES, f"/projects/{world.project_id}"):
        response = await get_page(world, path)
        assert response.status_code == 200, (path, response.text)
    assert "fewer than 5" in await page_text(world, "/figures")
    data = (await world.client.get("/open-data/figures.json")).json()["rows"]
    notices = [row["value"] for row in data if row["figure"] == "notices"]
    assert notices == [None]


async def test_few_unread_contributions_that_the_event_omits_are_not_counted_as_read(
    world: World,
) -> None:
    few = collection_state(world.project_id, None, contributions=61, unread=0)
    await world.receive(project_state(world.project_id), few.model_copy(update={"unread": None}))
    assert "93%" in await page_text(world, "/figures")
    assert "all read but fewer than 5" in await page_text(world, f"/projects/{world.project_id}")
