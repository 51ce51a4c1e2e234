"""The charter's figures: counted from handovers, published by month, none below five."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.contracts.events.registry import FiguresState
from services.contracts.topics import topic_of
from services.registry import recovery
from services.registry.figures import store as figures_store
from tests.support.registry import TODAY, Registry

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


async def handed_over(
    registry: Registry,
    members: Sequence[UUID],
    day: date,
    kind: str = "invitation",
    state: str = "sent",
    reason: str | None = None,
) -> None:
    """As it stands once registry has answered the orders."""
    await registry.database.pool.execute(
        "INSERT INTO delivery (order_id, class, kind, member_id, subject_id, first_day, last_day,"
        " state, day, reason, version) SELECT gen_random_uuid(), CASE WHEN $2 = 'invitation' THEN"
        " 'solicitation' ELSE 'notice' END, $2::text, m, m, $3::date, $3, $4::text,"
        " CASE WHEN $4 <> 'refused' THEN $3 END, $5, 3 FROM unnest($1::uuid[]) m",
        list(members),
        kind,
        day,
        state,
        reason,
    )


async def count(registry: Registry) -> int:
    async with registry.database.transaction() as conn:
        return await figures_store.upsert_months(conn, registry.clock.today(), registry.clock.now())


async def published_months(registry: Registry) -> list[FiguresState]:
    rows = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE topic = $1 ORDER BY id", topic_of(FiguresState).name
    )
    return [FiguresState.model_validate_json(row["body"]) for row in rows]


async def enrol(registry: Registry, number: int) -> list[UUID]:
    return await registry.enrol(*(f"{uuid4()}@example.test" for _ in range(number)))


async def test_a_month_is_told_in_numbers(registry: Registry) -> None:
    people = await enrol(registry, 12)
    await handed_over(registry, people[:8], OCTOBER)
    await handed_over(registry, people[8:], OCTOBER + timedelta(30), state="unknown")
    await handed_over(registry, people[:6], OCTOBER + timedelta(5), kind="report")
    await handed_over(registry, people[:5], OCTOBER, state="refused", reason="no_address")
    await handed_over(registry, people[:4], OCTOBER, state="refused", reason="not_active")
    assert await count(registry) == 1
    [month] = await published_months(registry)
    assert month == FiguresState(
        version=1,
        month="2026-10",
        solicitations=12,
        people_solicited=12,
        most_for_one_person_in_31_days=1,
        notices=6,
        refused_by_reason={"no_address": 5},
    )


async def most_solicited(registry: Registry) -> int:
    return await figures_store.find_max_solicitations(registry.database.pool, TODAY)


async def test_who_was_solicited_most_is_watched_whoever_sent_it(registry: Registry) -> None:
    assert await most_solicited(registry) == 0
    zoe, ali = await enrol(registry, 2)
    for member, days_ago, state in (
        (zoe, 31, "sent"),
        (zoe, 0, "unknown"),
        (ali, 40, "bounced"),
        (ali, 9, "sent"),
    ):
        await handed_over(registry, [member], TODAY - timedelta(days_ago), state=state)
    await handed_over(registry, [ali], TODAY, kind="report")
    await handed_over(registry, [ali], TODAY, state="refused", reason="too_soon")
    assert await most_solicited(registry) == 1
    # The same person under another identity.
    [lou] = await enrol(registry, 1)
    await registry.database.pool.execute(
        "UPDATE member SET person_id = (SELECT person_id FROM member WHERE member_id = $1)"
        " WHERE member_id = $2",
        ali,
        lou,
    )
    await handed_over(registry, [lou], TODAY - timedelta(39))
    assert await most_solicited(registry) == 2
    await handed_over(registry, [lou], TODAY - timedelta(15))
    assert await most_solicited(registry) == 3


async def test_nothing_is_told_again_unless_a_number_changed(registry: Registry) -> None:
    people = await enrol(registry, 9)
    await handed_over(registry, people[:6], OCTOBER)
    assert [await count(registry) for _ in range(3)] == [1, 0, 0]
    await handed_over(registry, people[6:], OCTOBER + timedelta(3))
    assert await count(registry) == 1
    assert [(month.version, month.solicitations) for month in await published_months(registry)] == [
        (1, 6),
        (2, 9),
    ]


@pytest.mark.parametrize("people", [4, 5])
async def test_a_month_in_which_fewer_than_five_were_asked_is_not_told(
    registry: Registry, people: int
) -> None:
    members = await enrol(registry, people)
    # More messages than people: it is people who count.
    await handed_over(registry, [*members, members[0]], OCTOBER)
    assert await count(registry) == (people == 5)
    assert len(await published_months(registry)) == (people == 5)
    more = await enrol(registry, 1)
    await handed_over(registry, more, OCTOBER)
    assert await count(registry) == 1
    assert (await published_months(registry))[-1].version == people - 3


async def test_fewer_than_five_notices_are_left_out(registry: Registry) -> None:
    people = await enrol(registry, 6)
    await handed_over(registry, people, OCTOBER)
    await handed_over(registry, people[:4], OCTOBER, kind="confirmation")
    await count(registry)
    assert (await published_months(registry))[-1].notices is None
    await handed_over(registry, people[:1], OCTOBER, kind="confirmation")
    await count(registry)
    assert (await published_months(registry))[-1].notices == 5


@pytest.mark.parametrize(
    ("days", "maximum"),
    [
        ((OCTOBER, OCTOBER + timedelta(30)), 2),
        ((OCTOBER - timedelta(1), OCTOBER + timedelta(30)), 1),
        ((OCTOBER - timedelta(30), OCTOBER), 2),
        # Both before the month, in a window that ends with its first day.
        ((OCTOBER - timedelta(30), OCTOBER - timedelta(1)), 2),
        ((OCTOBER - timedelta(31), OCTOBER - timedelta(1)), 1),
        ((OCTOBER, OCTOBER, OCTOBER + timedelta(2)), 3),
    ],
)
async def test_the_most_for_one_person_is_counted_over_any_31_days_that_end_in_the_month(
    registry: Registry, days: tuple[date, ...], maximum: int
) -> None:
    """The promise is one; were it broken, the figure would say so."""
    people = await enrol(registry, 6)
    await handed_over(registry, people[1:], OCTOBER + timedelta(10))
    for day in days:
        await handed_over(registry, people[:1], day, state="bounced")
    await count(registry)
    october = next(month for month in await published_months(registry) if month.month == "2026-10")
    assert october.most_for_one_person_in_31_days == maximum


async def test_two_identities_of_one_person_are_one(registry: Registry) -> None:
    people = await enrol(registry, 6)
    await registry.database.pool.execute(
        "UPDATE member SET person_id = (SELECT person_id FROM member WHERE member_id = $1)"
        " WHERE member_id = $2",
        people[0],
        people[1],
    )
    await handed_over(registry, people, OCTOBER)
    await count(registry)
    [month] = await published_months(registry)
    assert (month.solicitations, month.people_solicited) == (6, 5)
    assert month.most_for_one_person_in_31_days == 2


async def test_of_the_current_month_the_days_that_are_over_are_told(registry: Registry) -> None:
    people = await enrol(registry, 12)
    await handed_over(registry, people[:6], NOVEMBER)
    await handed_over(registry, people[6:], TODAY)
    await count(registry)
    assert [month.solicitations for month in await published_months(registry)] == [6]
    registry.clock.advance(timedelta(days=1))
    await count(registry)
    assert [month.solicitations for month in await published_months(registry)] == [6, 12]


async def test_a_month_is_final_once_two_others_are_over_and_counted_late_if_it_never_was(
    registry: Registry,
) -> None:
    people = await enrol(registry, 10)
    await handed_over(registry, people[:5], OCTOBER)
    registry.clock.advance(timedelta(days=120))
    assert await count(registry) == 1
    await handed_over(registry, people[5:], OCTOBER)
    assert await count(registry) == 0


async def test_republishing_tells_every_month_again(registry: Registry) -> None:
    people = await enrol(registry, 6)
    await handed_over(registry, people, OCTOBER)
    await handed_over(registry, people, NOVEMBER + timedelta(days=1))
    await count(registry)
    previous_months = await published_months(registry)
    assert len(previous_months) == 2
    await registry.database.pool.execute("DELETE FROM outbox")
    async with registry.database.transaction() as conn:
        republished = await recovery.republish(conn, registry.clock)
    assert republished["figures.state"] == 2
    assert await published_months(registry) == previous_months


@pytest.mark.parametrize(
    "body",
    [
        '{"people_solicited": 4}',
        '{"people_solicited": 5, "notices": 4}',
        '{"people_solicited": 5, "refused_by_reason": {"rejected": 5, "merged": 4}}',
    ],
)
async def test_the_database_keeps_no_cell_below_five(registry: Registry, body: str) -> None:
    insert = f"INSERT INTO figures VALUES ('2026-10-01', 1, '{body}')"
    with pytest.raises(asyncpg.CheckViolationError, match="figures_of_five_at_least"):
        await registry.database.pool.execute(insert)
    await registry.database.pool.execute(
        "ALTER TABLE figures DROP CONSTRAINT figures_of_five_at_least"
    )
    await registry.database.pool.execute(insert)
