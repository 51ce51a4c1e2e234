"""Use cases of the member space: leave the panel."""

from dataclasses import dataclass
from uuid import UUID

from services.registry.deliveries import store as deliveries_store
from services.registry.members import rules as members_rules
from services.registry.members import store as members_store
from services.registry.members.rules import MemberUnknown
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Withdrawal:
    """What the page says: `now` is false for who had left, or whose membership was over."""

    now: bool
    erased: bool = False


async def preview_withdrawal(conn: Connection, member_id: UUID) -> Withdrawal:
    """What leaving would do. Raises MemberUnknown."""
    member = await members_store.find_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    return Withdrawal(
        member.status in members_rules.CAN_LEAVE, member.status is members_rules.MemberStatus.ERASED
    )


async def withdraw(conn: Connection, clock: Clock, member_id: UUID) -> Withdrawal:
    """Withdraw from the panel: waits for a message being sent; afterwards none starts.

    The address is forgotten but for its keyed hash, and the contact lock stays, so that leaving
    and joining again gains nothing. Raises MemberUnknown.
    """
    await members_store.wait_for_messages(conn, member_id)
    member = await members_store.lock_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    if member.status not in members_rules.CAN_LEAVE:
        return Withdrawal(now=False, erased=member.status is members_rules.MemberStatus.ERASED)
    now = clock.now()
    await members_store.update_member_left(conn, member_id, now)
    assert member.person_id is not None
    assert member.zone is not None
    await members_store.delete_contact(conn, member_id, member.person_id, clock.today(member.zone))
    await deliveries_store.update_unsendable_orders(
        conn, now, await deliveries_store.list_pending_orders(conn, member_id)
    )
    return Withdrawal(now=True)
