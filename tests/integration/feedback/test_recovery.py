"""After a restore from a backup, publications get newer versions than before it."""

import pytest

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.topics import topic_of
from services.feedback.recovery import recovery
from tests.support.feedback import RETAINED, World

pytestmark = pytest.mark.servers


async def test_versions_after_a_restore_follow_those_published_before(world: World) -> None:
    new, drafted_before = await world.synthesised("Un résumé", "Un numéro")
    assert (await world.draft(drafted_before.proposal_id, **RETAINED)).is_success
    published_before = [
        (topic_of(DecisionState).name, new.proposal_id, 6),
        (topic_of(DecisionState).name, drafted_before.proposal_id, 8),
        (topic_of(ReportState).name, world.project_id, 2),
    ]
    async with world.service.database.transaction() as conn:
        for topic, key, version in published_before:
            await conn.execute(
                "INSERT INTO told VALUES ($1, $2, $3, '{}')", topic, str(key), version
            )
        await recovery().after_replay(conn)
    for proposal in (new, drafted_before):
        if proposal is new:
            drafted = await world.draft(proposal.proposal_id, **RETAINED)
            assert drafted.is_success, drafted.text
        view = await world.decision(proposal.proposal_id)
        signed = await world.sign(proposal.proposal_id, version=view.version)
        assert signed.is_success, signed.text
    await world.summarise()
    published = await world.publish()
    assert published.is_success, published.text
    assert [event["version"] for event in await world.events("report.state")] == [3]
    versions = {
        event["proposal_id"]: event["version"] for event in await world.events("decision.state")
    }
    assert versions[str(new.proposal_id)] > 6
    assert versions[str(drafted_before.proposal_id)] > 8
