"""Privacy: no stored instant or order lets anybody match people with their responses."""

import asyncio
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.projects import use_cases as projects
from services.runtime.refusal import Refusal
from tests.support.campaigns import World, joined, until_lock_is_awaited

PEOPLE = 30
DAYS = {
    "invitation": "answered_at",
    "participation": "coalesce(left_at, since)",
    "send_order": "ordered_at",
}


async def take(world: World, row: dict[str, Any]) -> None:
    await world.take_credential(row["project_id"], row["id"], row["member_id"])


async def shuffle(world: World, project_id: UUID) -> None:
    async with world.transaction() as conn:
        await projects.shuffle_people(conn, world.clock, project_id)


async def places(world: World, table: str, key: str = "invitation_id") -> list[UUID]:
    return [row["id"] for row in await world.rows(f"SELECT {key} AS id FROM {table} ORDER BY ctid")]


async def test_replies_and_participations_store_the_day_and_no_instant(world: World) -> None:
    _, b = await joined(world, 2)
    world.advance(hours=1, seconds=7.123456)
    await world.leave(b["id"], b["member_id"])
    midnight = datetime.combine(world.clock.today(), time(), UTC)
    for table, column in DAYS.items():
        chosen = " AND class = 'notice'" if table == "send_order" else ""
        rows = await world.rows(f"SELECT {column} AS at FROM {table} WHERE true {chosen}")
        assert rows
        assert {row["at"] for row in rows} == {midnight}, table


@pytest.mark.parametrize(
    ("trigger", "table", "change"),
    [
        ("invitation_answer_is_a_day", "invitation", "answered_at = $1"),
        ("participation_has_days", "participation", "since = $1"),
        ("participation_has_days", "participation", "state = 'left', left_at = $1"),
    ],
)
async def test_the_database_truncates_an_instant_to_its_day(
    world: World, trigger: str, table: str, change: str
) -> None:
    await joined(world, 1)
    column = change.rpartition(", ")[2].partition(" ")[0]
    evening = datetime(2026, 11, 24, 23, 30, 1, 5, UTC)  # the 25th in Paris
    update = f"UPDATE {table} SET {change}"
    await world.database.pool.execute(update, evening)
    stored = await world.value(f"SELECT {column} FROM {table}")
    assert stored == datetime(2026, 11, 25, tzinfo=UTC)
    await world.database.pool.execute(f"DROP TRIGGER {trigger} ON {table}")
    await world.database.pool.execute(update, evening)
    assert await world.value(f"SELECT {column} FROM {table}") == evening


async def test_a_notice_stores_the_day_of_its_order_by_a_trigger(
    world: World,
) -> None:
    await joined(world, 1)
    notice = (
        "INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id,"
        " project_id, project_version, campaign_id, stratum, first_day, last_day, details,"
        " ordered_at)"
        " SELECT gen_random_uuid(), version, state, class, kind, member_id, subject_id,"
        " project_id, project_version, campaign_id, stratum, first_day, last_day, details, $1"
        " FROM send_order WHERE class = 'notice' LIMIT 1"
    )
    instant = datetime(2026, 11, 24, 13, 30, 1, 5, UTC)
    stored = "SELECT count(*) FROM send_order WHERE ordered_at = $1"
    await world.database.pool.execute(notice, instant)
    assert await world.value(stored, instant) == 0
    await world.database.pool.execute("DROP TRIGGER notice_is_ordered_on_a_day ON send_order")
    await world.database.pool.execute(notice, instant)
    assert await world.value(stored, instant) == 1


@pytest.mark.parametrize("end", ["recruitment", "collection", "a day"])
async def test_rows_of_people_are_rewritten_in_random_order(world: World, end: str) -> None:
    """Neither the place in a table nor the transaction's number reveals the order of arrival."""
    rows = await joined(world, PEOPLE)
    for row in rows:
        await take(world, row)
    came = [row["id"] for row in rows]
    assert await places(world, "credential") == came, "while they are taken, the order shows"
    if end == "a day":
        await shuffle(world, rows[0]["project_id"])
    else:
        world.advance(days=61 if end == "recruitment" else 91)
        await world.sweep()
    for table, key in (("credential", "invitation_id"), ("participation", "invitation_id"),
                       ("invitation", "id")):  # fmt: skip
        shuffled = await places(world, table, key)
        assert sorted(shuffled) == sorted(came), "nobody is lost"
        same = sum(row == other for row, other in zip(shuffled, came, strict=True))
        assert same < PEOPLE / 3, f"{table} keeps the order"
        assert await world.value(f"SELECT count(DISTINCT xmin::text) FROM {table}") == 1, table


async def test_a_credential_taken_after_recruitment_is_not_stored_last(world: World) -> None:
    rows = await joined(world, PEOPLE)
    for row in rows[:-1]:
        await take(world, row)
    world.advance(days=61)
    await world.sweep()
    await take(world, rows[-1])
    world.advance(days=30)
    await world.sweep()
    assert len(await places(world, "credential")) == PEOPLE
    assert await world.value("SELECT count(DISTINCT xmin::text) FROM credential") == 1


async def test_a_project_is_shuffled_once_a_day_while_it_recruits_or_collects(
    world: World,
) -> None:
    (row,) = await joined(world, 1)

    async def due() -> list[UUID]:
        async with world.database.read_only() as conn:
            return await projects.list_due_shuffles(conn, world.clock)

    assert await due() == [row["project_id"]]
    await shuffle(world, row["project_id"])
    assert await due() == []
    world.advance(days=1)
    assert await due() == [row["project_id"]]
    world.advance(days=90)
    await world.sweep()
    assert await due() == []


async def test_a_request_that_waits_for_the_shuffle_is_served(world: World) -> None:
    (row,) = await joined(world, 1)
    request = BlindedRequest(row["id"], row["member_id"], b"blinded")

    async def request_credential() -> list[Refusal | None]:
        async with world.transaction() as conn:
            return await credentials.record_requests(
                conn, world.clock, row["project_id"], [request]
            )

    async with world.transaction() as conn:
        await projects.shuffle_people(conn, world.clock, row["project_id"])
        waiting = asyncio.create_task(request_credential())
        await until_lock_is_awaited(world)
    assert await waiting == [None]


async def test_the_shuffle_leaves_credentials_of_a_restored_project(world: World) -> None:
    (row,) = await joined(world, 1)
    await take(world, row)
    await world.database.pool.execute("UPDATE project SET issuing_stopped = true")
    await shuffle(world, row["project_id"])
    assert await places(world, "credential") == [row["id"]]
