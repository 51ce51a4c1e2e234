"""SQL of the monthly figures."""

from datetime import date, datetime

from services.contracts.events.registry import FiguresState
from services.contracts.topics import topic_of
from services.registry.members.store import affected_rows
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry.figures", ".")

FIGURES, FIGURE = topic_of(FiguresState).name, FiguresState.event_type


async def find_max_solicitations(conn: Connection, today: date) -> int:
    """Solicitations of one person in any 31 days of the last two months."""
    return int(await conn.fetchval(queries.find_max_solicitations, today))


async def upsert_months(conn: Connection, today: date, now: datetime) -> int:
    """Returns how many months have new numbers to tell."""
    return affected_rows(await conn.execute(queries.upsert_months, today, FIGURES, FIGURE, now))


async def republish_figures(conn: Connection, now: datetime) -> int:
    return affected_rows(await conn.execute(queries.republish_figures, FIGURES, FIGURE, now))
