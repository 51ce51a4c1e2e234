"""The contact ledger and the delivery outcomes that settle its entries."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.campaigns.ledger.rules import Outcome
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, fetch

queries = Queries("services.campaigns.ledger")


async def settle_orders(conn: Connection, outcomes: Sequence[Outcome], at: datetime) -> list[UUID]:
    """Apply outcomes that are new; returns the projects concerned."""
    rows = await fetch(
        conn,
        queries.settle_orders,
        order_ids=[outcome.order_id for outcome in outcomes],
        versions=[outcome.version for outcome in outcomes],
        outcomes=[outcome.outcome for outcome in outcomes],
        days=[outcome.day for outcome in outcomes],
        reasons=[outcome.reason for outcome in outcomes],
        at=at,
    )
    return [row["project_id"] for row in rows]


async def count_by_state(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await fetch(conn, queries.count_by_state)}


async def count_incidents(conn: Connection) -> dict[str, int]:
    return {row["kind"]: row["n"] for row in await fetch(conn, queries.count_incidents)}


async def count_free_from(conn: Connection, today: date) -> dict[date, int]:
    """Members by the first day on which they can be solicited."""
    rows = await fetch(conn, queries.count_free_from, today=today)
    return {row["day"]: row["members"] for row in rows}
