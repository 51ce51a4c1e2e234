"""What members do with an invitation. A click may come before the delivery's answer.

Everybody locks the project first, so the places are counted by one at a time; the confirmation is
ordered in the same commit as the choice it confirms.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from services.campaigns.draws.use_cases import PARIS
from services.campaigns.invitations import store
from services.campaigns.invitations.rules import Invitation
from services.campaigns.launches.rules import NOTICE_DAYS, first_sendable_day, window
from services.campaigns.projects import store as projects
from services.campaigns.projects.events import notice_state, order_state
from services.campaigns.projects.rules import Project
from services.contracts.events.campaigns import OrderKind
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound


async def read_invitation(
    conn: Connection, invitation_id: UUID, member_id: UUID
) -> tuple[Invitation, Project]:
    """The invitation and the mandate to show. Raises NotFound."""
    invitation = await store.invitation_of(conn, invitation_id, member_id)
    project = await projects.read_project(conn, invitation.project_id)
    if project is None:
        raise NotFound(what=invitation.project_id)
    return invitation, project


async def accept_invitation(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> str:
    """Opt in to one project (charter: a free choice); returns joined, or waitlisted when full.

    Raises NotFound and the refusals of `Invitation.closed_because`.
    """
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    today = clock.today()
    participation = invitation.accept(today)
    await store.answer_invitation(conn, invitation.id, "accepted", today)
    await store.participate(conn, invitation, participation, today)
    if participation == "joined":
        await store.take_place(conn, invitation.project_id)
    confirmation = _confirmation(
        invitation.id,
        invitation.project_id,
        invitation.member_id,
        invitation.project_version,
        participation,
    )
    await order_notices(conn, clock, [confirmation])
    await outbox.write_hint(conn, clock, "participation", invitation.project_id)
    return participation


async def decline_invitation(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> None:
    """No reason is asked, and later odds do not change: a draw cannot read this.

    Raises NotFound and the refusals of `Invitation.closed_because`.
    """
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    invitation.decline(clock.today())
    await store.answer_invitation(conn, invitation.id, "declined", clock.today())
    await outbox.write_hint(conn, clock, "participation", invitation.project_id)


async def leave_project(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> None:
    """Stop taking part, at any time; the longest waiting takes the place.

    Raises NotFound, AlreadyLeft, NotParticipating.
    """
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    invitation.leave()
    was = await store.leave(conn, invitation.id, clock.today())
    await _withdraw_confirmations(conn, clock, [(invitation.id, invitation.member_id)])
    await give_places(conn, clock, {invitation.project_id: 1 if was == "joined" else 0})


async def give_places(conn: Connection, clock: Clock, freed: dict[UUID, int]) -> None:
    """Give freed places to who waits, and tell them. The projects must be locked."""
    await store.free_places(conn, freed)
    promoted = await store.promote_waiting(conn, list(freed), clock.today())
    await _withdraw_confirmations(conn, clock, [(p.invitation_id, p.member_id) for p in promoted])
    await order_notices(
        conn,
        clock,
        [
            _confirmation(p.invitation_id, p.project_id, p.member_id, p.project_version, "promoted")
            for p in promoted
        ],
    )
    for project_id in freed:
        await outbox.write_hint(conn, clock, "participation", project_id)


async def order_notices(conn: Connection, clock: Clock, notices: Sequence[store.Notice]) -> None:
    """Order messages that ask nothing new: they take no place in the contact ledger."""
    if not notices:
        return
    days = window(first_sendable_day(clock.now().astimezone(PARIS)), None, NOTICE_DAYS, None)
    assert days is not None
    await store.insert_notices(conn, days, clock.now(), notices)
    await outbox.write_many(conn, clock, [notice_state(notice, days) for notice in notices])


async def _withdraw_confirmations(
    conn: Connection, clock: Clock, about: Sequence[tuple[UUID, UUID]]
) -> None:
    """Messages leave by day: one that waits for the morning must not say what is no longer so."""
    if about:
        withdrawn = await store.withdraw_confirmations(conn, about)
        await outbox.write_many(conn, clock, [order_state(order) for order in withdrawn])


def _confirmation(
    invitation_id: UUID, project_id: UUID, member_id: UUID, version: int, participation: str
) -> store.Notice:
    return store.Notice(
        order_id=uuid4(),
        kind=OrderKind.CONFIRMATION,
        member_id=member_id,
        subject_id=invitation_id,
        project_id=project_id,
        project_version=version,
        details={"participation": participation},
    )
