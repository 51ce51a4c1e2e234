"""Places and the waiting list; a change and the order of its confirmation share one commit."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.campaigns.orders.rules import Notice
from services.campaigns.orders.store import cancel_confirmations
from services.campaigns.orders.use_cases import order_notices
from services.campaigns.participations import store
from services.campaigns.participations.rules import Participant, ParticipationState
from services.campaigns.projects.use_cases import show_project
from services.contracts.events.campaigns import OrderKind
from services.contracts.http.campaigns import OptIn, OptIns
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def begin_participation(
    conn: Connection, clock: Clock, participant: Participant, state: ParticipationState
) -> None:
    """Join, or wait for a place, and order the confirmation. The project must be locked."""
    await store.insert_participation(conn, participant, state, clock.today())
    if state is ParticipationState.JOINED:
        await store.take_place(conn, participant.project_id)
    await _order_confirmations(conn, clock, [participant], state)
    await outbox.write_hint(conn, clock, "participation", participant.project_id)


async def end_participation(conn: Connection, clock: Clock, participant: Participant) -> None:
    """Leave; the longest waiting member takes the place. The project must be locked."""
    state = await store.end_participation(conn, participant.invitation_id, clock.today())
    await _cancel_confirmations(conn, clock, [participant])
    places = 1 if state is ParticipationState.JOINED else 0
    await give_places(conn, clock, {participant.project_id: places})


async def give_places(conn: Connection, clock: Clock, freed: Mapping[UUID, int]) -> None:
    """Give freed places to waiting members and confirm it. The projects must be locked."""
    await store.add_free_places(conn, freed)
    promoted = await store.promote_waitlisted(conn, list(freed), clock.today())
    await _cancel_confirmations(conn, clock, promoted)
    await _order_confirmations(conn, clock, promoted, "promoted")
    for project_id in freed:
        await outbox.write_hint(conn, clock, "participation", project_id)


async def show_opt_ins(conn: Connection, clock: Clock, project_id: UUID) -> OptIns:
    """Raises NotFound."""
    await show_project(conn, project_id)
    replies = await store.list_newest_replies(conn, project_id)
    return OptIns(
        answers=[OptIn(**reply) for reply in replies],
        per_day=await store.count_acceptances(conn, clock.today(), project_id),
    )


async def _cancel_confirmations(
    conn: Connection, clock: Clock, participants: Sequence[Participant]
) -> None:
    """Messages leave by day: one that waits for the morning must not state an old participation."""
    if participants:
        member_of = {p.invitation_id: p.member_id for p in participants}
        await cancel_confirmations(conn, member_of, clock.now())


async def _order_confirmations(
    conn: Connection, clock: Clock, participants: Sequence[Participant], participation: str
) -> None:
    await order_notices(
        conn,
        clock,
        [
            Notice(
                kind=OrderKind.CONFIRMATION,
                member_id=participant.member_id,
                invitation_id=participant.invitation_id,
                project_id=participant.project_id,
                project_version=participant.project_version,
                details={"participation": participation},
            )
            for participant in participants
        ],
    )
