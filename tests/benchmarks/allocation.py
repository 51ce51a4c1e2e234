"""Allocation of 100,000 of a million members at once, against one commit per member."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from services.campaigns.draws.use_cases import allocate
from services.contracts.events.campaigns import OrderClass, OrderKind, OrderRequest, OrderState
from services.runtime.clock import FixedClock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection, Database
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_value
from tests.benchmarks.measure import Figure, timed

queries = Queries("tests.benchmarks")
CLOCK = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
ONE_BY_ONE = 1_000


async def _solicit(conn: Connection, member: UUID, campaign: UUID, project: UUID) -> None:
    """Solicit one member as a loop would: check, then one row in each table."""
    today, instant = CLOCK.today(), CLOCK.now()
    order, invitation = uuid4(), uuid4()
    assert await fetch_value(
        conn, queries.may_be_asked, member=member, project=project, today=today
    )
    await execute(
        conn,
        queries.order_one,
        order=order,
        member=member,
        invitation=invitation,
        project=project,
        campaign=campaign,
        today=today,
        instant=instant,
    )
    await execute(conn, queries.reserve_one, order=order, member=member, today=today)
    await execute(
        conn,
        queries.invite_one,
        invitation=invitation,
        project=project,
        member=member,
        campaign=campaign,
        order=order,
    )
    event = OrderState(
        version=1,
        order_id=order,
        state=OrderRequest.ORDERED,
        order_class=OrderClass.SOLICITATION,
        kind=OrderKind.INVITATION,
        member_id=member,
        subject_id=invitation,
        project_id=project,
        project_version=1,
        first_day=today,
        last_day=today + timedelta(days=1),
    )
    await outbox.write(conn, CLOCK, event)


async def allocation(database: Database, members: int, places: int) -> list[Figure]:
    """Measure both ways; each writes ledger, send order, invitation and event durably."""
    today, instant = CLOCK.today(), CLOCK.now()
    project, campaign = uuid4(), uuid4()
    conn = await database.dedicated("bench")
    try:
        await execute(conn, queries.fill_profiles)
        await execute(conn, queries.fill_members, count=members, today=today)
        await execute(conn, queries.open_project, project=project, today=today, instant=instant)
        seed = Random(7).randbytes(32)
        await execute(
            conn,
            queries.launch_campaign,
            campaign=campaign,
            project=project,
            places=places,
            seed=seed,
            instant=instant,
        )
        await execute(conn, queries.analyze)
        await execute(conn, queries.checkpoint)
        with timed() as at_once:
            async with conn.transaction():
                drawn = await allocate(conn, CLOCK)
        assert drawn is not None
        assert sum(drawn.asked.values()) == places
        remaining = [
            row["member_id"] for row in await fetch(conn, queries.unasked, count=ONE_BY_ONE)
        ]
        with timed() as singly:
            for member in remaining:
                async with conn.transaction():
                    await _solicit(conn, member, campaign, project)
    finally:
        await conn.close()
    rate, single = places / at_once.seconds, ONE_BY_ONE / singly.seconds
    return [
        Figure(
            "allocation / a row per commit",
            rate / single,
            10,
            True,
            "×",
            f"{places:,} of {members:,} members in {at_once.seconds:.1f} s: {rate:,.0f} against"
            f" {single:,.0f} members/s",
        )
    ]
