"""Steps of follow-up."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch_optional

queries = Queries("services.feedback.follow_up")


@dataclass(frozen=True)
class DecisionProgress:
    """The published outcome, None before it is published, and the steps taken since."""

    outcome: str | None
    steps: list[str]


async def find_progress(conn: Connection, proposal_id: UUID) -> DecisionProgress:
    progress = await fetch_optional(
        conn, DecisionProgress, queries.find_progress, proposal_id=proposal_id
    )
    assert progress is not None
    return progress


async def insert_step(
    conn: Connection,
    proposal_id: UUID,
    number: int,
    progress: str,
    note: str | None,
    today: date,
    recorded_by: str,
) -> None:
    await execute(
        conn,
        queries.insert_step,
        proposal_id=proposal_id,
        number=number,
        progress=progress,
        note=note,
        today=today,
        recorded_by=recorded_by,
    )
