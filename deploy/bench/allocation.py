"""Claiming 100,000 of a million members in one allocation, against a row per commit."""

from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from deploy.bench.measure import Figure, timed
from services.campaigns.use_cases.allocation import allocate
from services.contracts.events.campaigns import OrderState
from services.contracts.topics import topic_of
from services.runtime.clock import FixedClock
from services.runtime.db import Database, Queries

sql = Queries("deploy.bench")
CLOCK = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
ONE_BY_ONE = 1_000


async def allocation(database: Database, members: int, wanted: int) -> list[Figure]:
    """Both do the same for each member: ledger, send order, invitation and event, durably."""
    today, now = CLOCK.today(), CLOCK.now()
    project, campaign = uuid4(), uuid4()
    conn = await database.dedicated("bench")
    try:
        await conn.execute(sql.fill_profiles)
        await conn.execute(sql.fill_members, members, today)
        await conn.execute(sql.open_project, project, today, now)
        seed = Random(7).randbytes(32)  # noqa: S311
        await conn.execute(sql.launch_campaign, campaign, project, wanted, seed, now)
        await conn.execute(sql.analyze)
        await conn.execute(sql.checkpoint)
        with timed() as at_once:
            async with conn.transaction():
                drawn = await allocate(conn, CLOCK)
        assert drawn is not None
        assert sum(drawn.asked.values()) == wanted
        left = [row["member_id"] for row in await conn.fetch(sql.unasked, ONE_BY_ONE)]
        topic = topic_of(OrderState).name
        with timed() as singly:
            for member in left:
                await conn.execute(sql.one_by_one, member, campaign, project, today, now, topic)
    finally:
        await conn.close()
    rate, single = wanted / at_once.seconds, ONE_BY_ONE / singly.seconds
    return [
        Figure(
            "allocation / a row per commit",
            rate / single,
            10,
            True,
            "×",
            f"{wanted:,} of {members:,} members in {at_once.seconds:.1f} s: {rate:,.0f} against"
            f" {single:,.0f} members/s",
        )
    ]
