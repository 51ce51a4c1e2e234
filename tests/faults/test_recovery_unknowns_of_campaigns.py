"""What a campaigns, or a registry, that was put back cannot know any more harms nobody."""

from datetime import timedelta

import pytest

from services.campaigns import maintenance as upkeep
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules import NobodyCouldAnswer
from services.contracts.events.registry import MemberStatus
from tests.faults.test_recovery_of_campaigns import Operated, launched, operated
from tests.support import topics
from tests.support.campaigns import gone, member, new_key
from tests.support.events import produce

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
__all__ = ["operated"]


async def test_whom_campaigns_has_forgotten_stays_forgotten(operated: Operated) -> None:
    """Registry lost its topics too and was put back as the guide says: started, which tells
    everybody as active at a version of seconds; then `republish` is asked of campaigns."""
    async with operated.running() as world:
        ann = member()
        await produce(operated.kafka, ann)
        await operated.becomes(world, "SELECT count(*) = 1 FROM member")
        await produce(operated.kafka, gone(ann.member_id, MemberStatus.ERASED))
        await operated.becomes(world, "SELECT count(*) = 1 FROM member WHERE status = 'erased'")
        await operated.becomes(world, "SELECT count(*) = 0 FROM outbox WHERE topic IS NOT NULL")
        outgrown = 1_790_000_000
        other = member()
        await produce(operated.kafka, member(ann.member_id, version=outgrown), other)
        await operated.becomes(
            world, "SELECT count(*) = 1 FROM member WHERE member_id = $1", other.member_id
        )
        await operated.becomes(
            world, "SELECT version > 2 FROM member WHERE member_id = $1", ann.member_id
        )
        async with world.transaction() as conn:
            told = await upkeep.republish(conn, world.clock)
        status = await world.value("SELECT status FROM member WHERE member_id = $1", ann.member_id)
    assert (status, told["erasure.applied"]) == ("erased", 1)


async def test_without_topics_campaigns_tells_beyond_what_the_others_hold(
    operated: Operated,
) -> None:
    async with operated.running() as world:
        await produce(operated.kafka, *(member() for _ in range(3)))
        await operated.becomes(world, "SELECT count(*) = 3 FROM member")
        project = await launched(operated, world, 3)
    saved = await operated.save()
    async with operated.running() as world:
        operated.on(11)
        await operated.becomes(
            world, "SELECT state = 'recruited' FROM project WHERE id = $1", project
        )
        operated.on(21)
        await operated.becomes(
            world, "SELECT state = 'collected' FROM project WHERE id = $1", project
        )
        held = await world.value("SELECT version FROM project WHERE id = $1", project)
    await topics.start_afresh(operated.kafka)
    await operated.put_back(saved)
    async with operated.running() as world:
        await operated.becomes(world, "SELECT NOT recovering()")
        told = await world.value("SELECT version FROM project WHERE id = $1", project)
    assert told > held, f"the others hold version {held} and will not believe {told}"


async def test_a_project_published_since_never_invites_people_who_cannot_answer(
    operated: Operated,
) -> None:
    async with operated.running() as world:
        await produce(operated.kafka, *(member() for _ in range(3)))
        await operated.becomes(world, "SELECT count(*) = 3 FROM member")
        recruitment = world.clock.today() + timedelta(days=10)
        draft = await world.project(
            ready=False,
            publish=False,
            recruitment_ends_on=recruitment,
            collection_ends_on=recruitment + timedelta(days=10),
        )
    saved = await operated.save()
    async with operated.running() as world, world.transaction() as conn:
        await projects.publish_project(conn, world.clock, draft, new_key(draft))
    await operated.put_back(saved)
    async with operated.running() as world:
        await operated.becomes(world, "SELECT NOT recovering()")
        stopped = await world.value("SELECT issuing_stopped FROM project WHERE id = $1", draft)
        await operated.ready(draft)
        await operated.becomes(
            world, "SELECT count(*) = 1 FROM collection WHERE project_id = $1", draft
        )
        with pytest.raises(NobodyCouldAnswer):
            await world.launch(await world.campaign(draft, 3))
    assert stopped
