"""A member's reply to an invitation: accept, decline, and later leave.

A click may arrive before the delivery outcome of the message. Every transaction locks the project
first, so that one at a time takes a place.
"""

from uuid import UUID

from services.campaigns.invitations import store
from services.campaigns.invitations.rules import Invitation, InvitationState
from services.campaigns.participations.rules import Participant, ParticipationState
from services.campaigns.participations.use_cases import begin_participation, end_participation
from services.campaigns.projects.rules import Project
from services.campaigns.projects.store import find_project
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def read_invitation(
    conn: Connection, invitation_id: UUID, member_id: UUID
) -> tuple[Invitation, Project]:
    """The invitation and its mandate. Raises NotFound."""
    invitation = await store.find_invitation(conn, invitation_id, member_id)
    return invitation, await find_project(conn, invitation.project_id)


async def accept_invitation(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> ParticipationState:
    """Opt in to one project (charter: a free choice); JOINED, or WAITLISTED when it is full.

    Raises NotFound and the refusals of `Invitation.closed_because`.
    """
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    state = invitation.accept(clock.today())
    await store.update_reply(conn, invitation.id, InvitationState.ACCEPTED, clock.today())
    await begin_participation(conn, clock, _participant(invitation), state)
    return state


async def decline_invitation(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> None:
    """Decline without a reason; later odds stay the same, as a draw cannot read it.

    Raises NotFound and the refusals of `Invitation.closed_because`.
    """
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    invitation.decline(clock.today())
    await store.update_reply(conn, invitation.id, InvitationState.DECLINED, clock.today())
    await outbox.write_hint(conn, clock, "participation", invitation.project_id)


async def leave_project(
    conn: Connection, clock: Clock, invitation_id: UUID, member_id: UUID
) -> None:
    """Stop taking part, at any time. Raises NotFound, AlreadyLeft, NotParticipating."""
    invitation = await store.lock_invitation(conn, invitation_id, member_id)
    invitation.leave()
    await end_participation(conn, clock, _participant(invitation))


def _participant(invitation: Invitation) -> Participant:
    return Participant(
        invitation_id=invitation.id,
        project_id=invitation.project_id,
        member_id=invitation.member_id,
        project_version=invitation.project_version,
    )
