"""Put back from a backup: what is published now is newer than what was published before."""

import pytest

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.topics import topic_of
from services.feedback.recovery import recovery
from tests.support.feedback import RETAINED, World

pytestmark = pytest.mark.servers


async def test_a_report_and_its_decisions_come_after_those_that_were_told(world: World) -> None:
    new, known = await world.synthesised("Un résumé", "Un numéro")
    assert (await world.draft(known.proposal_id, **RETAINED)).is_success
    told = [
        (topic_of(DecisionState).name, new.proposal_id, 6),
        (topic_of(DecisionState).name, known.proposal_id, 8),
        (topic_of(ReportState).name, world.project_id, 2),
    ]
    async with world.service.database.transaction() as conn:
        for topic, key, version in told:
            await conn.execute(
                "INSERT INTO told VALUES ($1, $2, $3, '{}')", topic, str(key), version
            )
        await recovery().after_replay(conn)
    for one in (new, known):
        if one is new:
            drafted = await world.draft(one.proposal_id, **RETAINED)
            assert drafted.is_success, drafted.text
        view = await world.decision(one.proposal_id)
        signed = await world.sign(one.proposal_id, version=view.version)
        assert signed.is_success, signed.text
    await world.summarise()
    published = await world.publish()
    assert published.is_success, published.text
    assert [one["version"] for one in await world.events("report.state")] == [3]
    versions = {one["proposal_id"]: one["version"] for one in await world.events("decision.state")}
    assert versions[str(new.proposal_id)] > 6
    assert versions[str(known.proposal_id)] > 8
