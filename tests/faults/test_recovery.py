"""A registry restored from a backup keeps the promises it made since (decision 0018).

The registry runs as the process that is deployed, backups are made and put back as operators do,
and the mail server's journal judges from outside.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.backup import backup
from deploy.local.errors import reserve_port
from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import ErasureApplied, OrderKind
from services.contracts.http.registry import ImportReport
from services.registry.deliveries import use_cases as deliveries
from services.registry.erasures import use_cases as erasures
from services.registry.imports import use_cases as imports
from services.registry.member_space import use_cases as member_space
from services.runtime.clock import ClockSetting, SharedClock
from tests.faults.test_sender import Deployed, Held, kill
from tests.support import databases, topics
from tests.support import registry as people
from tests.support.events import produce
from tests.support.registry import NOON, TODAY, Registry, order, project
from tests.support.servers import PostgresServer, eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
SAVED_AT = NOON - timedelta(hours=2)


@dataclass
class Operated:
    """A registry, what operators do with it, and the bus it is on."""

    made: Registry
    deployed: Deployed
    url: str
    kafka: str
    dsn: str
    folder: Path
    identity: str
    recipient: str

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        async with self.deployed.serving() as process, httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    return (await client.get(f"{self.url}/health/live")).is_success
                except httpx.TransportError:
                    return False

            await eventually(answers, "the registry has started", within=60)
            yield process

    async def save(self) -> Path:
        return await asyncio.to_thread(
            backup.save, {"registry": self.dsn}, self.folder, self.recipient, SAVED_AT
        )

    async def put_back(self, saved: Path, *, lose_unsent: bool = False) -> None:
        await self.made.database.stop()
        try:
            dsns = {"registry": self.dsn}
            restored = backup.restore(saved, dsns, self.identity, NOON, lose_unsent=lose_unsent)
            await asyncio.to_thread(list, restored)
        finally:
            await self.made.database.start()

    async def do(self, what: Callable[..., Awaitable[object]], *about: object) -> None:
        async with self.made.database.transaction() as conn:
            await what(conn, self.made.clock, *about)

    async def told(self) -> None:
        """Until the relay has sent everything."""

        async def sent() -> bool:
            waiting = "SELECT count(*) FROM outbox WHERE topic IS NOT NULL"
            return not await self.made.database.pool.fetchval(waiting)

        await eventually(sent, "everything is on the topics")

    async def recovered(self) -> None:
        async def done() -> bool:
            waiting = "SELECT NOT recovering() FROM recovery LIMIT 1"
            return bool(await self.made.database.pool.fetchval(waiting))

        await eventually(done, "the registry has caught up", within=40)

    async def status(self, member_id: UUID) -> str:
        asked = "SELECT status FROM member WHERE member_id = $1"
        return str(await self.made.database.pool.fetchval(asked, member_id))

    async def addresses(self, *member_ids: UUID) -> int:
        asked = "SELECT count(*) FROM contact WHERE member_id = ANY ($1)"
        return int(await self.made.database.pool.fetchval(asked, member_ids))

    async def last_day(self, member_id: UUID) -> date | None:
        lock = await self.made.lock(member_id)
        return None if lock is None else lock["last_day"]


@pytest.fixture
async def operated(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[Operated]:
    async with (
        databases.clone(postgres_server, "registry") as (dsn, database),
        people.registry(database, tmp_path) as made,
    ):
        clock = tmp_path / "clock.json"
        SharedClock(clock).change(lambda _: ClockSetting(stopped_at=NOON))
        port = reserve_port(None)
        environment = people.environment(dsn, made.catcher.port, clock, kafka, port)
        deployed = Deployed(environment, tmp_path / "registry.log")
        keys = backup.new_identity()
        yield Operated(
            made, deployed, f"http://127.0.0.1:{port}", kafka, dsn, tmp_path / "backups", *keys
        )


async def test_whoever_was_solicited_since_the_backup_is_not_solicited_again(
    operated: Operated,
) -> None:
    made, kafka = operated.made, operated.kafka
    about, other = project(), project()
    ann, bob, cleo, dan, eve = await made.enrol(*(f"{name}@example.test" for name in "abcde"))
    before, after, rejected, cut = (order(who, about) for who in (ann, bob, cleo, dan))
    await produce(kafka, about, other)
    await produce(kafka, before)
    async with operated.serving():
        await made.becomes(before, "sent")
        await operated.told()
    saved = await operated.save()

    held = Held()

    async def behaviour(recipient: str) -> str | None:
        if recipient == "d@example.test":
            await held(recipient)
        return "550 5.1.1 nobody here" if recipient == "c@example.test" else None

    made.catcher.behaviour = behaviour
    async with operated.serving() as process:
        await produce(kafka, after, rejected)
        await made.becomes(after, "sent")
        await made.becomes(rejected, "refused rejected")
        await operated.told()
        await produce(kafka, cut)
        await asyncio.wait_for(held.reached.wait(), 60)
        await kill(process)
    made.catcher.behaviour = as_usual
    held.go_on.set()

    await operated.put_back(saved)
    assert await made.state(after) == "unseen"
    async with operated.serving():
        await operated.recovered()
        assert await made.state(after) == "sent"
        assert await made.state(rejected) == "refused rejected"
        assert await made.state(cut) == "unknown"
        assert [await operated.last_day(who) for who in (ann, bob, dan)] == [TODAY] * 3
        too_soon = [order(who, other) for who in (ann, bob, dan)]
        fine = [order(cleo, other), order(eve, about, kind=OrderKind.CONFIRMATION)]
        await produce(kafka, *too_soon, *fine)
        for one in too_soon:
            await made.becomes(one, "refused too_soon")
        for one in fine:
            await made.becomes(one, "sent")
    assert sorted(entry["recipient"] for entry in made.mail()) == [
        f"{name}@example.test" for name in "abce"
    ]


async def test_whoever_left_or_was_forgotten_since_the_backup_is_gone_again(
    operated: Operated,
) -> None:
    made, kafka = operated.made, operated.kafka
    about = project()
    left, erased, stays = await made.enrol(*(f"{name}@example.test" for name in "les"))
    await produce(kafka, about)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    async with operated.serving():
        await operated.do(member_space.withdraw, left)
        await operated.do(erasures.erase_member, erased)
        (late,) = await made.enrol("late@example.test")
        await operated.told()
    await operated.put_back(saved)
    assert await operated.addresses(left, erased, stays) == 3
    async with operated.serving():
        await operated.recovered()
        statuses = [await operated.status(who) for who in (left, erased, stays, late)]
        assert statuses == ["left", "erased", "active", "suspended"]
        assert await operated.addresses(left, erased) == 0
        invitations = [order(who, about) for who in (left, erased, late)]
        await produce(kafka, *invitations)
        for one in invitations:
            await made.becomes(one, "refused not_active")
        # Their addresses are known by their keyed hashes only, for a month or until they come back.
        report = await import_again(made, "l@example.test", "e@example.test", "late@example.test")
        assert (report.duplicates, report.imported) == (2, 1)
    assert not made.mail()


async def import_again(made: Registry, *addresses: str) -> ImportReport:
    rows = people.sheet(*(people.line(address) for address in addresses))
    async with made.database.transaction() as conn:
        return await imports.import_members(
            conn, made.clock, people.encryptor(), rows, "en", accept_valid=True
        )


async def test_with_the_topics_lost_as_well_nobody_is_solicited_for_a_month(
    operated: Operated,
) -> None:
    """Nobody can know any more who was: all that can be promised is a month from today."""
    made, kafka = operated.made, operated.kafka
    about = project()
    ann, bob, erased = await made.enrol(*(f"{name}@example.test" for name in "abe"))
    await produce(kafka, about)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    sent = order(ann, about)
    async with operated.serving():
        await produce(kafka, sent)
        await made.becomes(sent, "sent")
        await operated.do(erasures.erase_member, erased)
        await operated.told()
    await topics.start_afresh(kafka)
    await operated.put_back(saved)
    # What campaigns tells again once it is asked to.
    await produce(kafka, about)
    await produce(kafka, ErasureApplied(member_id=erased, version=2, applied_on=TODAY))
    async with operated.serving():
        await operated.recovered()
        again = [order(who, about, days=14) for who in (ann, bob)]
        await produce(kafka, *again)
        for one in again:
            await made.becomes(one, "refused too_soon")

        async def forgotten() -> bool:
            return await operated.status(erased) == "erased"

        await eventually(forgotten, "whom campaigns had forgotten is forgotten here too")
        # Whoever listens goes by the newest version: what is told now is beyond all that was lost.
        version = await made.database.pool.fetchval(
            "SELECT version FROM member WHERE member_id = $1", bob
        )
        assert version > 1_000_000
    assert len(made.mail()) == 1


async def test_a_recovery_that_is_killed_begins_anew(operated: Operated) -> None:
    made, kafka = operated.made, operated.kafka
    about = project()
    members = await made.enrol(*(f"m{number}@example.test" for number in range(40)))
    await produce(kafka, about)
    async with operated.serving():
        await operated.told()
        saved = await operated.save()
        orders = [order(who, about) for who in members]
        await produce(kafka, *orders)
        for one in orders:
            await made.becomes(one, "sent")
        await operated.told()
    await operated.put_back(saved)
    blocking = await asyncpg.connect(operated.dsn)
    try:
        # Half way: orders are held by then, their deliveries are not.
        await blocking.execute("BEGIN; LOCK TABLE contact_lock IN EXCLUSIVE MODE")
        async with operated.deployed.serving() as process:

            async def waits() -> bool:
                asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                return bool(await made.database.pool.fetchval(asked))

            await eventually(waits, "the recovery is under way", within=40)
            await kill(process)
    finally:
        await blocking.close()
    async with operated.serving():
        await operated.recovered()
        assert {await made.state(one) for one in orders} == {"sent"}
    assert len(made.mail()) == 40


async def test_nothing_is_sent_before_a_restored_registry_has_caught_up(
    operated: Operated,
) -> None:
    made = operated.made
    about = project()
    (ann,) = await made.enrol("a@example.test")
    saved = await operated.save()
    await operated.put_back(saved, lose_unsent=True)
    await made.hold(about)
    waiting = order(ann, about)
    await made.receive(waiting)

    async def attempt() -> None:
        async with made.database.transaction() as conn:
            await deliveries.start_attempt(conn, made.clock, people.encryptor(), waiting.order_id)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await attempt()
    assert refused.value.constraint_name == "delivery_waits_for_recovery"
    # The rule is what stops it: without, the attempt begins.
    await made.database.pool.execute("DROP TRIGGER delivery_moves_as_listed ON delivery")
    await attempt()
    assert await made.state(waiting) == "attempting"
