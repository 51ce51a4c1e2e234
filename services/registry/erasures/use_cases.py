"""Use cases of erasures: erase a member for good, and follow campaigns' confirmation."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.campaigns import ErasureApplied
from services.registry.deliveries import store as deliveries
from services.registry.erasures import store
from services.registry.members import store as members
from services.registry.members.rules import (
    MemberStatus,
    contact_lock_days,
    earliest_civil_day,
    latest_civil_day,
)
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


async def erase_member(conn: Connection, clock: Clock, member_id: UUID) -> bool:
    """Delete the identity of a member, for good; False if it was done before.

    Waits for a message being sent, as leaving does. The keyed hash of the address stays on the
    suppression list, which only a newer consent opens; for 31 days it leads to the contact lock, so
    that being erased and joining again gains nothing. campaigns learns of it and confirms. Raises
    MemberUnknown.
    """
    await members.wait_for_messages(conn, member_id)
    member = await members.lock_member(conn, member_id)
    if member.status is MemberStatus.ERASED:
        return False
    assert member.person_id is not None
    assert member.zone is not None
    instant, day = clock.now(), clock.today(member.zone)
    await store.delete_contact(
        conn,
        member_id,
        member.person_id,
        day=day,
        latest_day=latest_civil_day(instant),
        lock_days=contact_lock_days(member.zone, instant),
    )
    await store.update_member_erased(conn, member_id, instant, day)
    pending = await deliveries.list_pending_orders(conn, member_id)
    await deliveries.update_unsendable_orders(conn, instant, pending)
    return True


async def apply_erasures(
    conn: Connection, clock: Clock, erasures: Sequence[ErasureApplied]
) -> None:
    """Record that campaigns has erased these members.

    Members whom registry has not erased, as after a restore together with the loss of its topics,
    are erased now.
    """
    confirmed = [erasure.member_id for erasure in erasures]
    for member_id in await store.list_unerased_members(conn, confirmed):
        await erase_member(conn, clock, member_id)
    await store.update_acknowledged_erasures(conn, erasures)


async def delete_expired_locks(conn: Connection, clock: Clock) -> int:
    """Delete contact locks of erased people whose month is over; returns their number.

    Locks of notices are deleted as soon as they hold nothing back.
    """
    await deliveries.delete_expired_notice_locks(conn, earliest_civil_day(clock.now()))
    return await store.delete_expired_locks(conn, clock.today())
