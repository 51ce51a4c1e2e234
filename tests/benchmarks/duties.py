"""A report to 100,000 participants: duties in one statement, then outcomes and closing."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.campaigns.ledger.use_cases import apply_delivery_state
from services.campaigns.reports import use_cases as reports
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import DeliveryOutcome, DeliveryState
from services.runtime.clock import FixedClock
from services.runtime.postgres.database import Database
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_value
from tests.benchmarks.measure import Figure, timed

queries = Queries("tests.benchmarks")
CLOCK = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
ANSWERS = 1_000


async def duties(database: Database, people: int) -> list[Figure]:
    """Measure a report's commit, with duties, send orders and events for all participants."""
    project, today, instant = uuid4(), CLOCK.today(), CLOCK.now()
    pool = database.pool
    await execute(pool, queries.reported_project, project=project, today=today, instant=instant)
    await execute(pool, queries.reported_people, project=project, count=people, instant=instant)
    await execute(pool, queries.take_part, project=project)
    await execute(pool, queries.reported_credentials, project=project)
    await execute(pool, queries.reported_synthesis, project=project)
    await execute(pool, queries.analyze)
    await execute(pool, queries.checkpoint)
    report = ReportState(
        version=1,
        project_id=project,
        collection_version=4,
        summary="The amount comes first.",
        url="https://panel.example/report",
        decisions=[],
        published_on=today,
    )
    with timed() as owing:
        async with database.transaction() as conn:
            await reports.apply_report_state(conn, CLOCK, [report])
    orders: list[UUID] = [
        row["order_id"] for row in await fetch(pool, queries.reported_orders, project=project)
    ]
    assert len(orders) == people
    with timed() as closing:
        for first in range(0, people, ANSWERS):
            answers = [
                DeliveryState(order_id=id, version=3, state=DeliveryOutcome.SENT, day=today)
                for id in orders[first : first + ANSWERS]
            ]
            async with database.transaction() as conn:
                await apply_delivery_state(conn, CLOCK, answers)
    assert await fetch_value(pool, queries.project_phase, project=project) == "closed"
    return [
        Figure(
            f"a report owed to {people:,} participants",
            owing.seconds,
            5,
            False,
            "s",
            f"duties, orders and events in one statement; then {people:,} answers and the closing"
            f" in {closing.seconds:.1f} s",
        )
    ]
