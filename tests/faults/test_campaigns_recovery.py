"""Restored campaigns plans by the events since the backup and issues no second credential.

The service runs on real Kafka and PostgreSQL; the test plays registry, responses and feedback.
"""

import asyncpg
import pytest

from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.rules import BlindedRequest, IssuingStopped
from services.campaigns.projects import use_cases as projects
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import MemberStatus
from services.contracts.events.responses import CollectionPhase, CollectionState, ListedProposal
from services.contracts.http.campaigns import ChangeDecisionMaker
from services.contracts.http.common import Role
from services.runtime.http.staff_tokens import Staff
from tests.support.campaigns import gone, member, new_key
from tests.support.events import produce
from tests.support.operated_campaigns import OperatedCampaigns, launch_project, restored_facts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

INES = Staff("ines", "Inès B.", frozenset({Role.CAMPAIGNS}))


async def test_plans_decisions_and_duties_since_the_backup_are_recovered(
    operated_campaigns: OperatedCampaigns,
) -> None:
    people = [member() for _ in range(8)]
    async with operated_campaigns.running() as world:
        await produce(operated_campaigns.kafka, *people)
        await operated_campaigns.becomes(world, "SELECT count(*) = 8 FROM member")
        first = await launch_project(operated_campaigns, world, 4)
    saved = await operated_campaigns.back_up()

    async with operated_campaigns.running() as world:
        await operated_campaigns.deliver(world)
        ann, bob, cleo, dan = await world.invitations(first)
        for row in (ann, bob, cleo):
            await world.accept(row["id"], row["member_id"])
        await operated_campaigns.deliver(world)
        await world.leave(cleo["id"], cleo["member_id"])
        async with world.transaction() as conn:
            change = ChangeDecisionMaker(
                name="Zoé Petit",
                role="Directrice",
                account="a" * 32,
                reason="Mme Bernard est partie",
            )
            await projects.change_decision_maker(conn, world.clock, INES, first, change)
        await launch_project(operated_campaigns, world, 4, "Formulaire")
        operated_campaigns.on(11)
        await operated_campaigns.becomes(
            world, "SELECT state = 'recruited' FROM project WHERE id = $1", first
        )
        operated_campaigns.on(21)
        await operated_campaigns.becomes(
            world, "SELECT state = 'collected' FROM project WHERE id = $1", first
        )
        listed = [ListedProposal(id=first, version=1)]
        await produce(
            operated_campaigns.kafka,
            CollectionState(
                version=4, project_id=first, state=CollectionPhase.SYNTHESISED, proposals=listed
            ),
        )
        await produce(
            operated_campaigns.kafka,
            ReportState(
                version=1,
                project_id=first,
                collection_version=4,
                summary="Le montant vient en tête.",
                url="https://panel.example/projets/1/retour",
                decisions=[],
                published_on=world.clock.today(),
            ),
        )
        await operated_campaigns.becomes(world, "SELECT count(*) = 2 FROM report_duty")
        reports = await world.rows("SELECT order_id FROM send_order WHERE kind = 'report'")
        await operated_campaigns.deliver(world, *(row["order_id"] for row in reports))
        await operated_campaigns.becomes(
            world, "SELECT state = 'closed' FROM project WHERE id = $1", first
        )
        await produce(operated_campaigns.kafka, gone(dan["member_id"], MemberStatus.ERASED))
        await operated_campaigns.becomes(
            world, "SELECT count(*) = 1 FROM member WHERE status = 'erased'"
        )
        facts_lost = await restored_facts(world)
    await operated_campaigns.restore(saved)
    async with operated_campaigns.running() as world:
        await operated_campaigns.becomes(world, "SELECT NOT recovering()")
        # Leaving a project orders no message, so no topic records that Cleo left.
        duty_of_cleo = (
            "FROM send_order WHERE kind = 'report' AND subject_id = $1 AND answer IS NULL"
        )
        report = await world.value(f"SELECT order_id {duty_of_cleo}", cleo["id"])
        await operated_campaigns.deliver(world, report)
        await operated_campaigns.becomes(
            world, "SELECT state = 'closed' FROM project WHERE id = $1", first
        )
        facts_recovered = await restored_facts(world)
    # Dan accepted nothing; whether recruitment or his erasure ended first is not known.
    for row in facts_recovered["invitations"]:
        if row["id"] == dan["id"] and row["state"] == "cancelled":
            row["state"] = "expired"
    for row in facts_lost["participations"]:
        if row["invitation_id"] == cleo["id"]:
            row["state"] = "joined"
    # Topics carry numbers in multiples of five, none below five; three took part here.
    for row in facts_lost["projects"]:
        row |= dict.fromkeys(("asked", "joined", "credentials_issued"))
    for name, rows in facts_lost.items():
        assert [row for row in facts_recovered[name] if row.get("order_id") != report] == rows, name


async def test_no_participation_gets_a_second_credential_after_a_restore(
    operated_campaigns: OperatedCampaigns,
) -> None:
    async with operated_campaigns.running() as world:
        await produce(operated_campaigns.kafka, *(member() for _ in range(3)))
        await operated_campaigns.becomes(world, "SELECT count(*) = 3 FROM member")
        project = await launch_project(operated_campaigns, world, 3)
        await operated_campaigns.deliver(world)
        ann, bob, cleo = await world.invitations(project)
        for row in (ann, bob):
            await world.accept(row["id"], row["member_id"])
        await world.take_credential(project, ann["id"], ann["member_id"])
    saved = await operated_campaigns.back_up()
    async with operated_campaigns.running() as world:
        await world.take_credential(project, bob["id"], bob["member_id"])
    await operated_campaigns.restore(saved)

    async with operated_campaigns.running() as world:
        await operated_campaigns.becomes(world, "SELECT NOT recovering()")
        # A credential that the backup contains is issued again for the same request.
        await world.take_credential(project, ann["id"], ann["member_id"])
        await world.accept(cleo["id"], cleo["member_id"])
        for row in (bob, cleo):
            asking = BlindedRequest(row["id"], row["member_id"], b"another request")
            async with world.transaction() as conn:
                (refused,) = await credentials.record_requests(conn, world.clock, project, [asking])
            assert isinstance(refused, IssuingStopped)
        insert = "INSERT INTO credential VALUES ($1, sha256('x'))"
        with pytest.raises(asyncpg.CheckViolationError) as raised:
            await world.database.pool.execute(insert, bob["id"])
        assert raised.value.constraint_name == "credential_known_to_be_the_only_one"
        with pytest.raises(asyncpg.CheckViolationError):
            await world.database.pool.execute("UPDATE project SET issuing_stopped = false")
        # Without the trigger the insert succeeds, so the trigger enforces the rule.
        await world.database.pool.execute(
            "DROP TRIGGER credential_known_to_be_the_only_one ON credential"
        )
        await world.database.pool.execute(insert, bob["id"])


async def test_a_draft_of_the_backup_that_was_published_since_is_published_again(
    operated_campaigns: OperatedCampaigns,
) -> None:
    async with operated_campaigns.running() as world:
        draft = await world.project(ready=False, publish=False)
    saved = await operated_campaigns.back_up()
    async with operated_campaigns.running() as world:
        async with world.transaction() as conn:
            await projects.publish_project(conn, world.clock, draft, new_key(draft))
        facts_lost = await restored_facts(world)
    await operated_campaigns.restore(saved)
    async with operated_campaigns.running() as world:
        await operated_campaigns.becomes(world, "SELECT NOT recovering()")
        assert await restored_facts(world) == facts_lost
        assert await world.value("SELECT state FROM project") == "published"
