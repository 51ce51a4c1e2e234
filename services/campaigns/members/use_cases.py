"""Members: their versions, their departures, and the figures of the day."""

from collections.abc import Sequence

from services.campaigns.invitations.store import (
    close_invitations,
    lock_projects_of_members,
    move_invitations,
)
from services.campaigns.ledger.store import count_free_from
from services.campaigns.members import store
from services.campaigns.members.rules import FormerMember, Member
from services.campaigns.orders.store import cancel_member_orders
from services.campaigns.participations.store import count_acceptances, end_member_participations
from services.campaigns.participations.use_cases import give_places
from services.campaigns.reports.store import exempt_former_members
from services.campaigns.reports.use_cases import advance_reports
from services.contracts.events.campaigns import ErasureApplied
from services.contracts.events.registry import MemberState, MemberStatus
from services.contracts.http.campaigns import Today
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def apply_member_state(conn: Connection, clock: Clock, events: Sequence[MemberState]) -> None:
    """Store newer versions, and end everything open of members who leave the panel."""
    members = [
        Member(
            member_id=event.member_id,
            version=event.version,
            status=event.status,
            merged_into=event.merged_into,
            zone=event.zone,
            attributes=None if event.status.is_final else event.attributes,
            not_before=event.not_before,
            ends_on=event.ends_on,
        )
        for event in events
    ]
    former = await store.upsert_members(conn, members, clock.today())
    if former:
        await _apply_departures(conn, clock, former)
    await outbox.write_hint(conn, clock, "member", "all")


async def republish_erasures(conn: Connection, clock: Clock) -> int:
    """Acknowledge all erasures again, for a restored registry; returns their number."""
    erased = await store.list_erased_members(conn, clock.today())
    await outbox.write_many(
        conn,
        clock,
        [
            ErasureApplied(
                member_id=member.member_id, version=member.version, applied_on=member.gone_on
            )
            for member in erased
        ],
    )
    return len(erased)


async def show_today(conn: Connection, clock: Clock) -> Today:
    today = clock.today()
    figures = await store.find_day_figures(conn, today)
    free = await count_free_from(conn, today)
    return Today(
        today=today,
        asked=figures.asked,
        opted_in=figures.opted_in,
        declined=figures.declined,
        left_panel=figures.left_panel,
        opted_in_per_day=await count_acceptances(conn, today),
        can_be_asked_today=free.get(today, 0),
        solicited_twice=figures.solicited_twice,
        members=figures.members,
        orders_unanswered=figures.orders_unanswered,
    )


async def _apply_departures(conn: Connection, clock: Clock, former: Sequence[FormerMember]) -> None:
    """Former members have no open invitation, no place, and no message that can be stopped."""
    ids = [member.member_id for member in former]
    status_of = {member.member_id: member.status for member in former}
    projects = await lock_projects_of_members(conn, ids)
    if survivor_of := {m.member_id: m.merged_into for m in former if m.merged_into}:
        await move_invitations(conn, survivor_of)
    await close_invitations(conn, status_of)
    freed = await end_member_participations(conn, ids, clock.today())
    if projects:
        await give_places(conn, clock, {id: freed.get(id, 0) for id in projects})
    await exempt_former_members(conn, status_of)
    await cancel_member_orders(conn, ids, clock.now())
    await outbox.write_many(
        conn,
        clock,
        [
            ErasureApplied(
                member_id=member.member_id, version=member.version, applied_on=clock.today()
            )
            for member in former
            if member.status == MemberStatus.ERASED
        ],
    )
    await advance_reports(conn, clock, projects)
