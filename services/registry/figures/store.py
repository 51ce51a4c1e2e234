"""SQL of the monthly figures."""

from datetime import date, datetime

from services.contracts.events.registry import FiguresState
from services.contracts.topics import topic_of
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute_counted, fetch_value

queries = Queries("services.registry.figures")

TOPIC, EVENT_TYPE = topic_of(FiguresState).name, FiguresState.event_type


async def find_max_solicitations(conn: Connection, today: date) -> int:
    """The most solicitations of one person in any 31 days of the last two months."""
    return int(await fetch_value(conn, queries.find_max_solicitations, today=today))


async def upsert_months(conn: Connection, today: date, instant: datetime) -> int:
    """Count the months that are not final yet; returns how many have new numbers, published."""
    return await execute_counted(
        conn, queries.upsert_months, today=today, topic=TOPIC, kind=EVENT_TYPE, now=instant
    )


async def republish_figures(conn: Connection, instant: datetime) -> int:
    return await execute_counted(
        conn, queries.republish_figures, topic=TOPIC, kind=EVENT_TYPE, now=instant
    )
