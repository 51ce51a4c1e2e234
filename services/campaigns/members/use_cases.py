"""What the other services tell, applied to whole batches; older versions change nothing."""

from collections.abc import Sequence

from services.campaigns.invitations.use_cases import give_places
from services.campaigns.members import store
from services.campaigns.projects.events import order_state
from services.campaigns.reports import store as reports
from services.campaigns.reports.use_cases import move_on
from services.contracts.events.campaigns import ErasureApplied
from services.contracts.events.registry import DeliveryState, MemberState, MemberStatus
from services.contracts.events.responses import CollectionState
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def learn_members(conn: Connection, clock: Clock, events: Sequence[MemberState]) -> None:
    """Who left keeps no open invitation, no place, and no message that can still be stopped."""
    gone = await store.know_members(
        conn,
        [
            store.MemberNews(
                member_id=e.member_id,
                version=e.version,
                status=e.status,
                merged_into=e.merged_into,
                zone=e.zone,
                attributes=None if e.status.is_final else e.attributes,
                not_before=e.not_before,
                ends_on=e.ends_on,
            )
            for e in events
        ],
        clock.today(),
    )
    if gone:
        await _part_with(conn, clock, gone)
    await outbox.write_hint(conn, clock, "member", "all")


async def _part_with(conn: Connection, clock: Clock, gone: Sequence[store.Gone]) -> None:
    ids = [g.member_id for g in gone]
    projects = await store.lock_projects_of(conn, ids)
    if merges := {g.member_id: g.merged_into for g in gone if g.merged_into}:
        await store.move_invitations(conn, merges)
    await store.close_invitations(conn, gone)
    freed = await store.end_participations(conn, ids, clock.now())
    if projects:
        await give_places(conn, clock, {id: freed.get(id, 0) for id in projects})
    await reports.exempt_gone(conn, gone)
    cancelled = await store.cancel_orders(conn, ids)
    await outbox.write_many(conn, clock, [order_state(order) for order in cancelled])
    await outbox.write_many(
        conn,
        clock,
        [
            ErasureApplied(member_id=g.member_id, version=g.version, applied_on=clock.today())
            for g in gone
            if g.status == MemberStatus.ERASED
        ],
    )
    await move_on(conn, clock, projects)


async def settle_deliveries(
    conn: Connection, clock: Clock, events: Sequence[DeliveryState]
) -> None:
    """Registry's answers settle orders, the contact ledger, invitations and report duties."""
    reported = await reports.lock_reported(conn, [e.order_id for e in events])
    projects = await store.settle_orders(
        conn,
        [store.Answer(e.order_id, e.version, e.state, e.day, e.reason) for e in events],
        clock.now(),
    )
    for project_id in projects:
        await outbox.write_hint(conn, clock, "delivery", project_id)
    await move_on(conn, clock, reported)


async def learn_collections(
    conn: Connection, clock: Clock, events: Sequence[CollectionState]
) -> None:
    known = await store.know_collections(conn, [(e.project_id, e.version, e.state) for e in events])
    for project_id in known:
        await outbox.write_hint(conn, clock, "project", project_id)
    await move_on(conn, clock, known)
