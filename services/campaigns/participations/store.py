"""Participations and places. A free place is a column of the project, which callers lock first."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.campaigns.participations.rules import Participant, ParticipationState
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_all, fetch_value

queries = Queries("services.campaigns.participations")


async def insert_participation(
    conn: Connection, participant: Participant, state: ParticipationState, day: date
) -> None:
    await execute(
        conn,
        queries.insert_participation,
        invitation_id=participant.invitation_id,
        project_id=participant.project_id,
        member_id=participant.member_id,
        state=state,
        day=day,
    )


async def take_place(conn: Connection, project_id: UUID) -> None:
    await execute(conn, queries.take_place, project_id=project_id)


async def end_participation(conn: Connection, invitation_id: UUID, day: date) -> ParticipationState:
    """Returns the state before: joined or waitlisted."""
    return ParticipationState(
        await fetch_value(conn, queries.end_participation, invitation_id=invitation_id, day=day)
    )


async def end_member_participations(
    conn: Connection, member_ids: Sequence[UUID], day: date
) -> dict[UUID, int]:
    """Returns the number of places freed in each project."""
    rows = await fetch(conn, queries.end_member_participations, member_ids=member_ids, day=day)
    return {row["project_id"]: row["places"] for row in rows}


async def add_free_places(conn: Connection, places: Mapping[UUID, int]) -> None:
    await execute(
        conn, queries.add_free_places, project_ids=list(places), places=list(places.values())
    )


async def promote_waitlisted(
    conn: Connection, project_ids: Sequence[UUID], today: date
) -> list[Participant]:
    return await fetch_all(
        conn, Participant, queries.promote_waitlisted, project_ids=project_ids, today=today
    )


async def list_newest_replies(conn: Connection, project_id: UUID) -> list[dict[str, Any]]:
    rows = await fetch(conn, queries.list_newest_replies, project_id=project_id)
    return [dict(row) for row in rows]


async def count_acceptances(
    conn: Connection, today: date, project_id: UUID | None = None
) -> list[int]:
    """Acceptances on each of the last 24 days, oldest first; of one project or of all."""
    rows = await fetch(conn, queries.count_acceptances, today=today, project_id=project_id)
    counts = {row["days_ago"]: row["acceptances"] for row in rows}
    return [counts.get(days_ago, 0) for days_ago in range(23, -1, -1)]
