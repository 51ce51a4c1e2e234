"""Notices ask nothing, and still cannot be used to flood anybody (docs/design.md, Contact lock)."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.contracts.events.campaigns import OrderKind, OrderState, ProjectState
from services.registry import recovery
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.rules import MAX_NOTICES_PER_DAY
from services.registry.erasures import use_cases as erasures
from tests.support.registry import TODAY, Registry, encryptor, order, project, report
from tests.support.servers import eventually

pytestmark = pytest.mark.servers

DAY = timedelta(days=1)


async def published_projects(registry: Registry, count: int = 1) -> list[ProjectState]:
    projects = [project() for _ in range(count)]
    await registry.apply_projects(*projects)
    await registry.apply_reports(*(report(survey) for survey in projects))
    return projects


async def settled(registry: Registry, *orders: OrderState) -> None:
    """Send until no received order is due."""

    async def quiet() -> bool:
        page = await deliveries_store.list_due_orders(
            registry.database.pool, registry.clock.now(), UUID(int=0), 1000
        )
        busy = "SELECT count(*) FROM delivery WHERE state = 'attempting'"
        return not page.due and not await registry.database.pool.fetchval(busy)

    await eventually(quiet, "nothing is due", within=40)


async def test_five_forged_practicalities_are_one_message(registry: Registry) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")
    forged = [order(member, survey, kind=OrderKind.PRACTICALITIES) for _ in range(5)]
    async with registry.sending():
        await registry.receive(*forged)
        await settled(registry)
        # As the hourly job does: an order that no sender has claimed is refused by it.
        await registry.refuse_unsendable()
        registry.clock.advance(DAY)
        await settled(registry)
    assert len(registry.mail()) == 1
    registry.clock.advance(DAY * 2)
    await registry.refuse_unsendable()
    states = sorted([await registry.state(notice) for notice in forged])
    assert states == ["refused too_soon"] * 4 + ["sent"], "every order is answered"


async def test_notices_of_one_day_are_three_whatever_their_kinds_and_projects(
    registry: Registry,
) -> None:
    projects = await published_projects(registry, 8)
    [member] = await registry.enrol("zoe@example.test")
    kinds = [OrderKind.CONFIRMATION, OrderKind.PRACTICALITIES, OrderKind.REPORT]
    orders = [order(member, survey, kind=kinds[n % 3]) for n, survey in enumerate(projects)]
    async with registry.sending():
        await registry.receive(*orders)
        await settled(registry)
        assert len(registry.mail()) == MAX_NOTICES_PER_DAY
        registry.clock.advance(DAY)
        await settled(registry)
    assert len(registry.mail()) == 2 * MAX_NOTICES_PER_DAY
    registry.clock.advance(DAY)
    await registry.refuse_unsendable()
    states = sorted([await registry.state(notice) for notice in orders])
    assert states == ["refused window_over"] * 2 + ["sent"] * 6


async def test_revised_reports_reach_each_participant_once_in_31_days_in_the_newest_version(
    registry: Registry,
) -> None:
    [survey] = await published_projects(registry)
    members = await registry.enrol(*(f"m{n}@example.test" for n in range(10)))

    def versions(version: int, first: int, days: int = 2) -> list[OrderState]:
        return [
            order(
                member,
                survey,
                kind=OrderKind.REPORT,
                report_version=version,
                first=TODAY + timedelta(days=first),
                days=days,
            )
            for member in members
        ]

    async with registry.sending():
        await registry.receive(*versions(1, 0))
        await settled(registry)
        for version in (2, 3, 4):
            await registry.apply_reports(report(survey, version=version, summary="Lisez ceci !"))
            await registry.receive(*versions(version, 0))
            await settled(registry)
        assert len(registry.mail()) == len(members)
        for version in (5, 6):
            url = f"https://panel.test/p/{version}"
            await registry.apply_reports(
                report(survey, version=version, url=url, summary="Achetez !")
            )
            await registry.receive(*versions(version, 31))
        registry.clock.advance(timedelta(days=30))
        await settled(registry)
        assert len(registry.mail()) == len(members)
        registry.clock.advance(DAY)
        await settled(registry)
        registry.clock.advance(DAY)
        await settled(registry)
    later = registry.mail()[len(members) :]
    assert sorted(m["recipient"] for m in later) == sorted(f"m{n}@example.test" for n in range(10))
    assert all("https://panel.test/p/6" in m["text"] for m in later)
    assert not any("Achetez" in m["text"] or "Lisez" in m["text"] for m in registry.mail())
    registry.clock.advance(DAY)
    await registry.refuse_unsendable()
    states = await registry.database.pool.fetch("SELECT DISTINCT state FROM delivery")
    assert {row["state"] for row in states} == {"sent", "refused"}


async def test_a_person_known_under_two_identities_has_one_lock(registry: Registry) -> None:
    [survey] = await published_projects(registry)
    first, second = await registry.enrol("a@example.test", "b@example.test")
    await registry.database.pool.execute(
        "UPDATE member SET person_id = (SELECT person_id FROM member WHERE member_id = $1)"
        " WHERE member_id = $2",
        first,
        second,
    )
    orders = [order(m, survey, kind=OrderKind.PRACTICALITIES) for m in (first, second)]
    async with registry.sending():
        await registry.receive(*orders)
        await settled(registry)
    assert len(registry.mail()) == 1


async def test_a_refusal_before_the_content_gives_lock_and_place_back(registry: Registry) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")

    async def rejects(_: str) -> str:
        return "550 5.1.1 no such mailbox"

    registry.catcher.behaviour = rejects
    refused = order(member, survey, kind=OrderKind.PRACTICALITIES)
    await registry.receive(refused)
    async with registry.sending():
        await registry.becomes(refused, "refused rejected")
    pool = registry.database.pool
    assert await pool.fetchval("SELECT count(*) FROM notice_lock") == 0
    assert await pool.fetchval("SELECT count(*) FROM notice_place") == 0


async def test_a_notice_of_unknown_fate_keeps_its_lock_and_is_sent_again_by_itself_only(
    registry: Registry,
) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")

    async def never(_: str) -> None:
        await asyncio.Event().wait()

    async def as_usual(_: str) -> None:
        return None

    registry.catcher.reply = never
    lost, other = (order(member, survey, kind=OrderKind.PRACTICALITIES) for _ in range(2))
    await registry.receive(lost)
    async with registry.sending(timeout_seconds=0.3):

        async def waits() -> bool:
            return bool((await registry.delivery(lost))["unknowns"] == 1)

        await eventually(waits, "the notice waits for another try")
        registry.catcher.reply = as_usual
        await registry.receive(other)
        assert await registry.state(other) == "refused too_soon"
        registry.clock.advance(timedelta(hours=1))
        await registry.becomes(lost, "sent")


async def test_two_senders_at_once_take_one_lock_and_no_fourth_place(registry: Registry) -> None:
    """The member's advisory lock is shared: the tables decide."""
    projects = await published_projects(registry, 5)
    [member] = await registry.enrol("zoe@example.test")
    same = [order(member, projects[0], kind=OrderKind.PRACTICALITIES) for _ in range(4)]
    competing = [
        order(member, project_state, kind=OrderKind.CONFIRMATION) for project_state in projects
    ]
    await registry.receive(*same, *competing)

    async def start(order_id: UUID) -> bool:
        async with registry.database.transaction() as conn:
            attempt = await deliveries.start_attempt(conn, registry.clock, encryptor(), order_id)
            return attempt is not None

    started = await asyncio.gather(*(start(sent.order_id) for sent in [*same, *competing]))
    assert sum(started[:4]) <= 1
    assert 1 <= sum(started) <= MAX_NOTICES_PER_DAY


async def test_two_senders_of_one_member_never_wait_for_each_other(registry: Registry) -> None:
    """Both locks are taken in one order: a sender that waits for a place holds no lock."""
    [project_state] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")
    first, second = (order(member, project_state, kind=OrderKind.PRACTICALITIES) for _ in range(2))
    await registry.receive(first, second)
    pool = registry.database.pool
    person = await pool.fetchval("SELECT person_id FROM member WHERE member_id = $1", member)
    await pool.execute(
        "INSERT INTO notice_lock VALUES ($1, 'practicalities', $2, $3, gen_random_uuid())",
        person,
        project_state.project_id,
        TODAY - 40 * DAY,
    )

    async def start(order_id: UUID) -> bool:
        async with registry.database.transaction() as conn:
            attempt = await deliveries.start_attempt(conn, registry.clock, encryptor(), order_id)
            return attempt is not None

    async def waits_for_a_place() -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        return bool(await pool.fetchval(waiting))

    async with registry.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO notice_place VALUES ($1, $2, 1, $3)", person, TODAY, first.order_id
        )
        other_sender = asyncio.create_task(start(second.order_id))
        await eventually(waits_for_a_place, "the other sender waits for the first place")
        assert await deliveries.start_attempt(conn, registry.clock, encryptor(), first.order_id)
    assert not await other_sender, "the lock of the kind is taken"


async def test_a_restored_registry_knows_the_locks_of_what_it_had_sent(registry: Registry) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")
    sent = order(member, survey, kind=OrderKind.REPORT, report_version=1)
    async with registry.sending():
        await registry.receive(sent)
        await registry.becomes(sent, "sent")
    pool = registry.database.pool
    await pool.execute("DELETE FROM notice_lock")
    async with registry.database.transaction() as conn:
        await recovery.recover_messages(conn, registry.clock)
    repeated = order(member, survey, kind=OrderKind.REPORT, report_version=2)
    await registry.receive(repeated)
    assert await registry.state(repeated) == "refused too_soon"


async def test_locks_are_forgotten_when_they_keep_nothing_back(registry: Registry) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")
    sent = order(member, survey, kind=OrderKind.REPORT, report_version=1)
    async with registry.sending():
        await registry.receive(sent)
        await registry.becomes(sent, "sent")
    lock_counts = "SELECT (SELECT count(*) FROM notice_lock), (SELECT count(*) FROM notice_place)"
    for days, remaining in ((0, (1, 1)), (30, (1, 0)), (2, (0, 0))):
        registry.clock.advance(timedelta(days=days))
        async with registry.database.transaction() as conn:
            await erasures.delete_expired_locks(conn, registry.clock)
        assert tuple(await registry.database.pool.fetchrow(lock_counts)) == remaining


@pytest.mark.parametrize(
    ("name", "drop", "statement"),
    [
        (
            "notice_lock_keeps_apart",
            "DROP TRIGGER notice_lock_keeps_apart ON notice_lock",
            "UPDATE notice_lock SET last_day = last_day + 30, order_id = gen_random_uuid()",
        ),
        (
            "notice_place_within_the_cap",
            "ALTER TABLE notice_place DROP CONSTRAINT notice_place_within_the_cap",
            "UPDATE notice_place SET place = 4",
        ),
        (
            "delivery_notice_is_locked",
            "DROP TRIGGER delivery_notice_is_locked ON delivery",
            "UPDATE delivery SET state = 'attempting', day = first_day WHERE state = 'pending'",
        ),
        (
            "delivery_details_are_closed",
            "ALTER TABLE delivery DROP CONSTRAINT delivery_details_are_closed",
            """UPDATE delivery SET details = '{"Lien": "https://example.test/"}'""",
        ),
        (
            "notice_lock_one_per_kind",
            "ALTER TABLE notice_lock DROP CONSTRAINT notice_lock_one_per_kind",
            "INSERT INTO notice_lock SELECT * FROM notice_lock",
        ),
        (
            "notice_place_taken_once",
            "ALTER TABLE notice_place DROP CONSTRAINT notice_place_taken_once",
            "INSERT INTO notice_place SELECT * FROM notice_place",
        ),
    ],
)
async def test_the_database_holds_it(
    registry: Registry, name: str, drop: str, statement: str
) -> None:
    [survey] = await published_projects(registry)
    [member] = await registry.enrol("zoe@example.test")
    sent = order(member, survey, kind=OrderKind.REPORT, report_version=1)
    waits = order(member, survey, kind=OrderKind.CONFIRMATION, first=TODAY + DAY)
    async with registry.sending():
        await registry.receive(sent, waits)
        await registry.becomes(sent, "sent")
    pool = registry.database.pool
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as violated:
        await pool.execute(statement)
    assert violated.value.constraint_name == name
    await pool.execute(drop)
    await pool.execute(statement)
