"""Invitations. Every transaction locks the project before the invitation."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from services.campaigns.invitations.rules import Invitation, InvitationState, MemberStatus
from services.campaigns.participations.rules import ParticipationState
from services.campaigns.projects.rules import Phase
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_row
from services.runtime.refusal import require_found

queries = Queries("services.campaigns.invitations")


async def find_invitation(conn: Connection, invitation_id: UUID, member_id: UUID) -> Invitation:
    """Raises NotFound, also for another member's invitation."""
    row = await fetch_row(
        conn, queries.find_invitation, invitation_id=invitation_id, member_id=member_id
    )
    columns = dict(require_found(row, invitation_id))
    columns["state"] = InvitationState(columns["state"])
    columns["project_state"] = Phase(columns["project_state"])
    if columns["member_status"] is not None:
        columns["member_status"] = MemberStatus(columns["member_status"])
    if columns["participation"] is not None:
        columns["participation"] = ParticipationState(columns["participation"])
    return Invitation(**columns)


async def lock_invitation(conn: Connection, invitation_id: UUID, member_id: UUID) -> Invitation:
    """`find_invitation` with the project and the invitation locked. Raises NotFound."""
    await execute(conn, queries.lock_project, invitation_id=invitation_id)
    await execute(conn, queries.lock_invitation, invitation_id=invitation_id)
    return await find_invitation(conn, invitation_id, member_id)


async def update_reply(
    conn: Connection, invitation_id: UUID, state: InvitationState, day: date
) -> None:
    await execute(conn, queries.update_reply, invitation_id=invitation_id, state=state, day=day)


async def lock_projects_of_members(conn: Connection, member_ids: Sequence[UUID]) -> list[UUID]:
    rows = await fetch(conn, queries.lock_projects_of_members, member_ids=member_ids)
    return [row["id"] for row in rows]


async def move_invitations(conn: Connection, survivor_of: Mapping[UUID, UUID]) -> None:
    await execute(
        conn,
        queries.move_invitations,
        merged_ids=list(survivor_of),
        survivor_ids=list(survivor_of.values()),
    )


async def close_invitations(conn: Connection, status_of: Mapping[UUID, str]) -> None:
    """`status_of`: the status of each former member."""
    await execute(
        conn,
        queries.close_invitations,
        member_ids=list(status_of),
        statuses=list(status_of.values()),
    )


async def count_by_state(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await fetch(conn, queries.count_by_state)}
