"""Use cases of erasures: forget a member for good, and follow campaigns' confirmation."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.campaigns import (
    ErasureApplied,
)
from services.registry.deliveries import store as deliveries_store
from services.registry.erasures import store
from services.registry.members import rules as members_rules
from services.registry.members import store as members_store
from services.registry.members.rules import MemberUnknown
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


async def erase_member(conn: Connection, clock: Clock, member_id: UUID) -> bool:
    """Forget who a member is, for good; false if it was done before.

    Waits for a message being sent, as leaving does. The keyed hash of the address stays on the
    suppression list, which only a newer consent opens; for 31 days it leads to the contact lock, so
    that being erased and joining again gains nothing. campaigns hears of it and confirms. Raises
    MemberUnknown.
    """
    await members_store.wait_for_messages(conn, member_id)
    member = await members_store.lock_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    if member.status is members_rules.MemberStatus.ERASED:
        return False
    assert member.person_id is not None
    assert member.zone is not None
    now, day = clock.now(), clock.today(member.zone)
    await store.delete_contact(
        conn,
        member_id,
        member.person_id,
        day=day,
        latest_day=members_rules.latest_civil_day(now),
        lock_days=members_rules.contact_lock_days(member.zone, now),
    )
    await store.update_member_erased(conn, member_id, now, day)
    await deliveries_store.update_unsendable_orders(
        conn, now, await deliveries_store.list_pending_orders(conn, member_id)
    )
    return True


async def apply_erasures(
    conn: Connection, clock: Clock, erasures: Sequence[ErasureApplied]
) -> None:
    """Campaigns has forgotten them. Whom registry has not, as after both a restore and the loss of
    its topics, it forgets now."""
    for member_id in await store.list_unerased_members(
        conn, [erasure.member_id for erasure in erasures]
    ):
        await erase_member(conn, clock, member_id)
    await store.update_acknowledged_erasures(conn, erasures)


async def delete_expired_locks(conn: Connection, clock: Clock) -> int:
    """Of erased people, once the last solicitation is a month old; returns how many.

    Locks of notices are forgotten as soon as they keep nothing back.
    """
    await deliveries_store.delete_expired_notice_locks(
        conn, members_rules.earliest_civil_day(clock.now())
    )
    return await store.delete_expired_locks(conn, clock.today())
