"""Invitations, participations and the notices they lead to; see `sql/answers.sql`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from services.campaigns.invitations.rules import Invitation
from services.campaigns.launches.rules import Window
from services.campaigns.members.store import StoredOrder
from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound


@dataclass(frozen=True)
class Notice:
    """A message from the closed list that asks nothing new, about one invitation."""

    order_id: UUID
    kind: str
    member_id: UUID
    subject_id: UUID
    project_id: UUID
    project_version: int
    details: dict[str, str]


@dataclass(frozen=True)
class Promoted:
    invitation_id: UUID
    project_id: UUID
    member_id: UUID
    project_version: int


async def invitation_of(conn: Connection, invitation_id: UUID, member_id: UUID) -> Invitation:
    """Raises NotFound, also for somebody else's invitation."""
    found = await db.maybe(conn, Invitation, sql.invitation_of, invitation_id, member_id)
    if found is None:
        raise NotFound(what=invitation_id)
    return found


async def lock_invitation(conn: Connection, invitation_id: UUID, member_id: UUID) -> Invitation:
    """As `invitation_of`, with the project and the invitation locked. Raises NotFound."""
    await conn.execute(sql.lock_project_of, invitation_id)
    await conn.execute(sql.lock_invitation, invitation_id)
    return await invitation_of(conn, invitation_id, member_id)


async def answer_invitation(conn: Connection, id: UUID, answer: str, day: date) -> None:
    await conn.execute(sql.answer_invitation, id, answer, day)


async def take_place(conn: Connection, project_id: UUID) -> None:
    await conn.execute(sql.take_place, project_id)


async def participate(conn: Connection, invitation: Invitation, state: str, day: date) -> None:
    await conn.execute(
        sql.participate, invitation.id, invitation.project_id, invitation.member_id, state, day
    )


async def leave(conn: Connection, invitation_id: UUID, day: date) -> str:
    """Returns what the participation was: joined or waitlisted."""
    before: str = await conn.fetchval(sql.leave, invitation_id, day)
    return before


async def free_places(conn: Connection, by_project: dict[UUID, int]) -> None:
    await conn.execute(sql.free_places, list(by_project), list(by_project.values()))


async def promote_waiting(
    conn: Connection, project_ids: Sequence[UUID], today: date
) -> list[Promoted]:
    return await db.many(conn, Promoted, sql.promote_waiting, project_ids, today)


async def insert_notices(
    conn: Connection, window: Window, at: datetime, notices: Sequence[Notice]
) -> None:
    await conn.execute(
        sql.insert_notices,
        window.first_day,
        window.last_day,
        at,
        [n.order_id for n in notices],
        [n.kind for n in notices],
        [n.member_id for n in notices],
        [n.subject_id for n in notices],
        [n.project_id for n in notices],
        [n.project_version for n in notices],
        [orjson.dumps(n.details).decode() for n in notices],
    )


async def withdraw_confirmations(
    conn: Connection, about: Sequence[tuple[UUID, UUID]]
) -> list[StoredOrder]:
    """`about`: an invitation and its member, each."""
    invitations, members = [a[0] for a in about], [a[1] for a in about]
    return await db.many(conn, StoredOrder, sql.withdraw_confirmations, invitations, members)
