"""The promise: nobody is solicited twice within 31 civil days. The constraint holds it."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.contracts.events.campaigns import OrderKind
from services.contracts.events.registry import DeliveryOutcome
from tests.support.campaigns import TODAY, World, member

OVERLAP = "ledger_one_solicitation_in_31_days"


async def reserve(world: World, member_id: UUID, first_day: date, last_day: date) -> UUID:
    order = uuid4()
    await world.database.pool.execute(
        "INSERT INTO ledger (order_id, member_id, first_day, last_day, state)"
        " VALUES ($1, $2, $3, $4, 'reserved')",
        order,
        member_id,
        first_day,
        last_day,
    )
    return order


async def test_two_projects_cannot_solicit_one_member_within_31_days(world: World) -> None:
    await world.members(10)
    first, _ = await world.launched(10)
    second, _ = await world.launched(10)
    assert (await world.view(first)).counts.ordered == 10
    assert (await world.view(second)).counts.ordered == 0

    await world.deliver_all()
    # Sent on the first day of the window: the block starts there, not at the window's end.
    world.advance(days=30)
    await world.allocate()
    assert (await world.view(second)).counts.ordered == 0
    world.advance(days=1)
    await world.allocate()
    assert (await world.view(second)).counts.ordered == 10


@pytest.mark.parametrize(("days", "passes"), [(0, False), (31, False), (32, True)])
async def test_the_block_runs_31_days_from_the_last_possible_day(
    world: World, days: int, passes: bool
) -> None:
    somebody = uuid4()
    await reserve(world, somebody, TODAY, TODAY + timedelta(days=1))
    later = TODAY + timedelta(days=days)
    if passes:
        await reserve(world, somebody, later, later)
    else:
        with pytest.raises(asyncpg.ExclusionViolationError, match=OVERLAP):
            await reserve(world, somebody, later, later)


async def test_without_the_constraint_a_double_reservation_passes(world: World) -> None:
    somebody = uuid4()
    await reserve(world, somebody, TODAY, TODAY)
    with pytest.raises(asyncpg.ExclusionViolationError, match=OVERLAP):
        await reserve(world, somebody, TODAY, TODAY)
    await world.database.pool.execute(f"ALTER TABLE ledger DROP CONSTRAINT {OVERLAP}")
    await reserve(world, somebody, TODAY, TODAY)


@pytest.mark.parametrize("settled", [DeliveryOutcome.SENT, DeliveryOutcome.REFUSED])
async def test_a_settled_entry_is_final(world: World, settled: DeliveryOutcome) -> None:
    await world.members(1)
    await world.launched(1)
    await world.deliver_all(settled)
    for change in (
        "state = 'reserved'",
        "state = 'consumed'",
        "state = 'released'",
        "first_day = first_day - 1",
        "last_day = last_day + 1",
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="ledger_transition"):
            await world.database.pool.execute(f"UPDATE ledger SET {change}")


async def test_a_reservation_is_never_re_dated(world: World) -> None:
    order = await reserve(world, uuid4(), TODAY, TODAY + timedelta(days=1))
    for change in ("first_day = first_day + 1", "last_day = last_day + 1"):
        with pytest.raises(asyncpg.CheckViolationError, match="ledger_transition"):
            await world.database.pool.execute(
                f"UPDATE ledger SET {change} WHERE order_id = $1", order
            )


async def test_not_before_is_respected_to_the_day(world: World) -> None:
    await world.apply_members(
        member(not_before=TODAY), member(not_before=TODAY + timedelta(days=1)), member()
    )
    project, _ = await world.launched(3)
    assert (await world.view(project)).counts.ordered == 2
    world.advance(days=1)
    await world.allocate()
    assert (await world.view(project)).counts.ordered == 3


async def test_only_kinds_of_the_closed_list_can_be_ordered(world: World) -> None:
    insert = (
        "INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id,"
        " project_id, project_version, campaign_id, report_version, first_day, last_day, details,"
        " ordered_at)"
        " VALUES (gen_random_uuid(), 1, 'ordered', $1::text, $2::text, gen_random_uuid(),"
        " gen_random_uuid(), gen_random_uuid(), 1,"
        " CASE WHEN $1 = 'solicitation' THEN gen_random_uuid() END,"
        " CASE WHEN $2 = 'report' THEN 1 END, $3, $3, '{}', $4)"
    )
    ordered_at = world.clock.now()
    for kind in OrderKind:
        await world.database.pool.execute(insert, kind.order_class, kind, TODAY, ordered_at)
        other = "notice" if kind.order_class == "solicitation" else "solicitation"
        with pytest.raises(asyncpg.CheckViolationError, match="send_order_kind_decides_class"):
            await world.database.pool.execute(insert, other, kind, TODAY, ordered_at)
    for invented in ("newsletter", "thanks", "survey"):
        with pytest.raises(asyncpg.CheckViolationError, match="send_order_kind_is_known"):
            await world.database.pool.execute(insert, "notice", invented, TODAY, ordered_at)
