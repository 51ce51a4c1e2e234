"""Use cases of the member space: leave the panel."""

from dataclasses import dataclass
from uuid import UUID

from services.registry.deliveries import store as deliveries
from services.registry.members import store as members
from services.registry.members.rules import CAN_LEAVE, MemberStatus
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Withdrawal:
    """The membership before a withdrawal, as the pages present it."""

    was_member: bool
    """False for people who had left before, or whose membership was over."""
    erased: bool = False


async def preview_withdrawal(conn: Connection, member_id: UUID) -> Withdrawal:
    """The effect that leaving would have. Raises MemberUnknown."""
    member = await members.find_member(conn, member_id)
    return Withdrawal(member.status in CAN_LEAVE, member.status is MemberStatus.ERASED)


async def withdraw(conn: Connection, clock: Clock, member_id: UUID) -> Withdrawal:
    """Withdraw from the panel: wait for a message being sent; afterwards none starts.

    The address is deleted but for its keyed hash, and the contact lock stays, so that leaving and
    joining again gains nothing. Raises MemberUnknown.
    """
    await members.wait_for_messages(conn, member_id)
    member = await members.lock_member(conn, member_id)
    if member.status not in CAN_LEAVE:
        return Withdrawal(was_member=False, erased=member.status is MemberStatus.ERASED)
    instant = clock.now()
    await members.update_member_left(conn, member_id, instant)
    assert member.person_id is not None
    assert member.zone is not None
    await members.delete_contact(conn, member_id, member.person_id, clock.today(member.zone))
    pending = await deliveries.list_pending_orders(conn, member_id)
    await deliveries.update_unsendable_orders(conn, instant, pending)
    return Withdrawal(was_member=True)
