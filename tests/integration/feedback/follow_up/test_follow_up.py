"""Follow-up: dated, public steps of a retained proposal."""

from datetime import timedelta

import pytest

from tests.support.feedback import (
    COLLECTION_ENDED,
    World,
    refused_by,
)

pytestmark = pytest.mark.servers


async def test_a_retained_proposal_is_followed_until_it_is_done(world: World) -> None:
    retained, not_retained = await world.reported("Un résumé", "Un numéro")
    assert (await world.follow(retained.proposal_id, "planned")).is_success
    world.on(COLLECTION_ENDED + timedelta(days=40))
    assert (
        await world.follow(retained.proposal_id, "under_way", note="Chez l'imprimeur")
    ).is_success
    assert (await world.follow(retained.proposal_id, "done")).is_success
    event = (await world.events("decision.state"))[-1]
    assert [step["progress"] for step in event["follow_up"]] == ["planned", "under_way", "done"]
    assert event["follow_up"][1]["note"] == "Chez l'imprimeur"
    assert event["follow_up"][1]["on"] == str(COLLECTION_ENDED + timedelta(days=40))
    versions = [event["version"] for event in await world.events("decision.state")]
    assert len(set(versions[-3:])) == 3
    # Nothing follows `done`, and a proposal that is not retained has no follow-up.
    assert (await world.follow(retained.proposal_id, "planned")).json()["title"] == "StepOutOfOrder"
    refused = await world.follow(not_retained.proposal_id, "planned")
    assert refused.json()["title"] == "NotFollowed"


async def test_giving_up_needs_a_reason(world: World) -> None:
    (retained,) = await world.reported("Un résumé")
    refused = await world.follow(retained.proposal_id, "given_up")
    assert (refused.status_code, refused.json()["title"]) == (422, "GivenUpWithoutReason")
    assert (await world.follow(retained.proposal_id, "given_up", note="Budget refusé")).is_success


async def test_the_database_refuses_follow_up_of_a_proposal_that_is_not_retained(
    world: World,
) -> None:
    _, not_retained = await world.reported("Un résumé", "Un numéro")
    statement = (
        "INSERT INTO follow_up VALUES"
        f" ('{not_retained.proposal_id}', 1, 'done', NULL, '2027-01-12', 'x')"
    )
    await refused_by(world, "follow_up_of_what_was_kept", statement)
    await world.execute("DROP TRIGGER follow_up_of_what_was_kept ON follow_up", statement)
    await refused_by(
        world,
        "follow_up_given_up_has_reason",
        "INSERT INTO follow_up VALUES"
        f" ('{not_retained.proposal_id}', 2, 'given_up', ' ', '2027-01-12', 'x')",
    )
