"""Restored campaigns settles lost facts in the member's favour (decision 0018)."""

from datetime import timedelta

import pytest

from services.campaigns import maintenance
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules_refusals import NobodyCouldRespond
from services.contracts.events.registry import MemberStatus
from tests.support import topics
from tests.support.campaigns import gone, member, new_key
from tests.support.events import produce
from tests.support.operated_campaigns import OperatedCampaigns, launch_project

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


async def test_an_erased_member_stays_erased_although_registry_publishes_it_as_active(
    operated_campaigns: OperatedCampaigns,
) -> None:
    """Registry lost its topics too: after its restore it publishes every member as active, at a
    version of epoch seconds; then operators ask campaigns to republish."""
    async with operated_campaigns.running() as world:
        ann = member()
        await produce(operated_campaigns.kafka, ann)
        await operated_campaigns.becomes(world, "SELECT count(*) = 1 FROM member")
        await produce(operated_campaigns.kafka, gone(ann.member_id, MemberStatus.ERASED))
        await operated_campaigns.becomes(
            world, "SELECT count(*) = 1 FROM member WHERE status = 'erased'"
        )
        await operated_campaigns.becomes(
            world, "SELECT count(*) = 0 FROM outbox WHERE topic IS NOT NULL"
        )
        outgrown = 1_790_000_000
        other = member()
        await produce(operated_campaigns.kafka, member(ann.member_id, version=outgrown), other)
        await operated_campaigns.becomes(
            world, "SELECT count(*) = 1 FROM member WHERE member_id = $1", other.member_id
        )
        await operated_campaigns.becomes(
            world, "SELECT version > 2 FROM member WHERE member_id = $1", ann.member_id
        )
        async with world.transaction() as conn:
            republished = await maintenance.republish(conn, world.clock)
        status = await world.value("SELECT status FROM member WHERE member_id = $1", ann.member_id)
    assert (status, republished["erasure.applied"]) == ("erased", 1)


async def test_without_topics_campaigns_publishes_versions_beyond_the_lost_ones(
    operated_campaigns: OperatedCampaigns,
) -> None:
    async with operated_campaigns.running() as world:
        await produce(operated_campaigns.kafka, *(member() for _ in range(3)))
        await operated_campaigns.becomes(world, "SELECT count(*) = 3 FROM member")
        project = await launch_project(operated_campaigns, world, 3)
    saved = await operated_campaigns.back_up()
    async with operated_campaigns.running() as world:
        operated_campaigns.on(11)
        await operated_campaigns.becomes(
            world, "SELECT state = 'recruited' FROM project WHERE id = $1", project
        )
        operated_campaigns.on(21)
        await operated_campaigns.becomes(
            world, "SELECT state = 'collected' FROM project WHERE id = $1", project
        )
        published_version = await world.value("SELECT version FROM project WHERE id = $1", project)
    await topics.start_afresh(operated_campaigns.kafka)
    await operated_campaigns.restore(saved)
    async with operated_campaigns.running() as world:
        await operated_campaigns.becomes(world, "SELECT NOT recovering()")
        restored_version = await world.value("SELECT version FROM project WHERE id = $1", project)
    assert restored_version > published_version, (
        f"consumers have version {published_version} and ignore {restored_version}"
    )


async def test_a_project_published_since_the_backup_launches_no_campaign(
    operated_campaigns: OperatedCampaigns,
) -> None:
    async with operated_campaigns.running() as world:
        await produce(operated_campaigns.kafka, *(member() for _ in range(3)))
        await operated_campaigns.becomes(world, "SELECT count(*) = 3 FROM member")
        recruitment = world.clock.today() + timedelta(days=10)
        draft = await world.project(
            ready=False,
            publish=False,
            recruitment_ends_on=recruitment,
            collection_ends_on=recruitment + timedelta(days=10),
        )
    saved = await operated_campaigns.back_up()
    async with operated_campaigns.running() as world, world.transaction() as conn:
        await projects.publish_project(conn, world.clock, draft, new_key(draft))
    await operated_campaigns.restore(saved)
    async with operated_campaigns.running() as world:
        await operated_campaigns.becomes(world, "SELECT NOT recovering()")
        stopped = await world.value("SELECT issuing_stopped FROM project WHERE id = $1", draft)
        await operated_campaigns.ready(draft)
        await operated_campaigns.becomes(
            world, "SELECT count(*) = 1 FROM collection WHERE project_id = $1", draft
        )
        with pytest.raises(NobodyCouldRespond):
            await world.launch(await world.campaign(draft, 3))
    assert stopped
