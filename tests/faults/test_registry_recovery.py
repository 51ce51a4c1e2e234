"""A restored registry keeps the promises that it made since the backup (decision 0018).

The registry runs as the deployed process and is backed up and restored as operators do; the
assertions use the mail server's journal.
"""

import asyncio

import asyncpg
import pytest

from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import ErasureApplied, OrderKind
from services.registry.deliveries import use_cases as deliveries
from services.registry.erasures import use_cases as erasures
from services.registry.member_space import use_cases as member_space
from tests.support import registry as people
from tests.support import topics
from tests.support.events import produce
from tests.support.registry import TODAY, order, project
from tests.support.registry_process import MailServerPause, OperatedRegistry, kill
from tests.support.servers import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


async def test_members_solicited_since_the_backup_are_not_solicited_again(
    operated_registry: OperatedRegistry,
) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    first_project, other = project(), project()
    ann, bob, cleo, dan, eve = await registry.enrol(*(f"{name}@example.test" for name in "abcde"))
    sent_before, sent_after, rejected, cut = (
        order(member_id, first_project) for member_id in (ann, bob, cleo, dan)
    )
    await produce(kafka, first_project, other)
    await produce(kafka, sent_before)
    async with operated_registry.serving():
        await registry.becomes(sent_before, "sent")
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()

    pause = MailServerPause()

    async def behaviour(recipient: str) -> str | None:
        if recipient == "d@example.test":
            await pause(recipient)
        return "550 5.1.1 nobody here" if recipient == "c@example.test" else None

    registry.catcher.behaviour = behaviour
    async with operated_registry.serving() as process:
        await produce(kafka, sent_after, rejected)
        await registry.becomes(sent_after, "sent")
        await registry.becomes(rejected, "refused rejected")
        await operated_registry.wait_until_relayed()
        await produce(kafka, cut)
        await asyncio.wait_for(pause.reached.wait(), 60)
        await kill(process)
    registry.catcher.behaviour = as_usual
    pause.resume.set()

    await operated_registry.restore(saved)
    assert await registry.state(sent_after) == "unseen"
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        assert await registry.state(sent_after) == "sent"
        assert await registry.state(rejected) == "refused rejected"
        assert await registry.state(cut) == "unknown"
        assert [await operated_registry.last_day(member_id) for member_id in (ann, bob, dan)] == [
            TODAY
        ] * 3
        too_soon = [order(member_id, other) for member_id in (ann, bob, dan)]
        fine = [order(cleo, other), order(eve, first_project, kind=OrderKind.CONFIRMATION)]
        await produce(kafka, *too_soon, *fine)
        for invitation in too_soon:
            await registry.becomes(invitation, "refused too_soon")
        for invitation in fine:
            await registry.becomes(invitation, "sent")
    assert sorted(entry["recipient"] for entry in registry.mail()) == [
        f"{name}@example.test" for name in "abce"
    ]


async def test_withdrawals_and_erasures_since_the_backup_hold_after_the_restore(
    operated_registry: OperatedRegistry,
) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    survey = project()
    withdrawn, erased, stays = await registry.enrol(*(f"{name}@example.test" for name in "les"))
    await produce(kafka, survey)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    async with operated_registry.serving():
        await operated_registry.run(member_space.withdraw, withdrawn)
        await operated_registry.run(erasures.erase_member, erased)
        (late,) = await registry.enrol("late@example.test")
        await operated_registry.wait_until_relayed()
    await operated_registry.restore(saved)
    assert await operated_registry.addresses(withdrawn, erased, stays) == 3
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        statuses = [
            await operated_registry.status(member_id)
            for member_id in (withdrawn, erased, stays, late)
        ]
        assert statuses == ["left", "erased", "active", "suspended"]
        assert await operated_registry.addresses(withdrawn, erased) == 0
        invitations = [order(member_id, survey) for member_id in (withdrawn, erased, late)]
        await produce(kafka, *invitations)
        for invitation in invitations:
            await registry.becomes(invitation, "refused not_active")
        # Only the keyed hashes of their addresses are stored, until a newer consent.
        report = await operated_registry.import_again(
            "l@example.test", "e@example.test", "late@example.test"
        )
        assert (report.duplicates, report.imported) == (2, 1)
    assert not registry.mail()


async def test_without_topics_no_member_is_solicited_for_31_days(
    operated_registry: OperatedRegistry,
) -> None:
    """No record says who was solicited since the backup, so all count as solicited today."""
    registry, kafka = operated_registry.registry, operated_registry.kafka
    survey = project()
    ann, bob, erased = await registry.enrol(*(f"{name}@example.test" for name in "abe"))
    await produce(kafka, survey)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    sent = order(ann, survey)
    async with operated_registry.serving():
        await produce(kafka, sent)
        await registry.becomes(sent, "sent")
        await operated_registry.run(erasures.erase_member, erased)
        await operated_registry.wait_until_relayed()
    await topics.start_afresh(kafka)
    await operated_registry.restore(saved)
    # Republished by campaigns.
    await produce(kafka, survey)
    await produce(kafka, ErasureApplied(member_id=erased, version=2, applied_on=TODAY))
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        second_invitations = [order(member_id, survey, days=14) for member_id in (ann, bob)]
        await produce(kafka, *second_invitations)
        for invitation in second_invitations:
            await registry.becomes(invitation, "refused too_soon")

        async def is_erased() -> bool:
            return await operated_registry.status(erased) == "erased"

        await eventually(is_erased, "the erasure by campaigns is applied")
        # Consumers keep the newest version, so new versions must exceed all lost ones.
        version = await registry.database.pool.fetchval(
            "SELECT version FROM member WHERE member_id = $1", bob
        )
        assert version > 1_000_000
    assert len(registry.mail()) == 1


async def test_a_killed_recovery_begins_again(operated_registry: OperatedRegistry) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    survey = project()
    members = await registry.enrol(*(f"m{number}@example.test" for number in range(40)))
    await produce(kafka, survey)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
        saved = await operated_registry.back_up()
        orders = [order(member_id, survey) for member_id in members]
        await produce(kafka, *orders)
        for invitation in orders:
            await registry.becomes(invitation, "sent")
        await operated_registry.wait_until_relayed()
    await operated_registry.restore(saved)
    blocking = await asyncpg.connect(operated_registry.dsn)
    try:
        # In the middle: the orders are inserted, their deliveries are not settled.
        await blocking.execute("BEGIN; LOCK TABLE contact_lock IN EXCLUSIVE MODE")
        async with operated_registry.process.serving() as process:

            async def waits_for_a_lock() -> bool:
                waiting_locks = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                return bool(await registry.database.pool.fetchval(waiting_locks))

            await eventually(waits_for_a_lock, "the recovery is under way", within=40)
            await kill(process)
    finally:
        await blocking.close()
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        assert {await registry.state(invitation) for invitation in orders} == {"sent"}
    assert len(registry.mail()) == 40


async def test_a_restored_registry_sends_nothing_before_it_has_recovered(
    operated_registry: OperatedRegistry,
) -> None:
    registry = operated_registry.registry
    survey = project()
    (ann,) = await registry.enrol("a@example.test")
    saved = await operated_registry.back_up()
    await operated_registry.restore(saved, lose_unsent=True)
    await registry.apply_projects(survey)
    waiting = order(ann, survey)
    await registry.receive(waiting)

    async def attempt() -> None:
        async with registry.database.transaction() as conn:
            await deliveries.start_attempt(
                conn, registry.clock, people.encryptor(), waiting.order_id
            )

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await attempt()
    assert refused.value.constraint_name == "delivery_waits_for_recovery"
    # Without the trigger the attempt starts, so the trigger enforces the rule.
    await registry.database.pool.execute("DROP TRIGGER delivery_moves_as_listed ON delivery")
    await attempt()
    assert await registry.state(waiting) == "attempting"
