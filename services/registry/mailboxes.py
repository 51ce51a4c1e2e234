"""One mailbox is one person: the contact lock and the suppression list cover all its spellings.

Addresses from before mailboxes were folded are folded here, as this takes the key to contact
details, which the database does not have. Two members of one mailbox then become one person, who
is solicited once a month; staff merge them or not.
"""

from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag

from services.registry import import_store, store
from services.registry.vault import Vault
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection

FIRST = UUID(int=0)
_PAGE = 500

log = structlog.get_logger()


async def fold_all(conn: Connection, clock: Clock, vault: Vault) -> None:
    """Fold every address that has not been."""
    after: UUID | None = FIRST
    while after is not None:
        after = await fold_some(conn, clock, vault, after)


async def fold_some(conn: Connection, clock: Clock, vault: Vault, after: UUID) -> UUID | None:
    """Fold a page of addresses, from an id on; returns where the next page starts, if there is one.

    Two members of one mailbox wait for both their messages, then share the later contact lock.
    """
    if not await import_store.may_fold(conn):
        return None
    contacts = await import_store.unfolded_contacts(conn, after, _PAGE)
    for member_id, box in contacts:
        try:
            address = vault.open(member_id, box).address
        except (KeyError, InvalidTag):
            # Without its key nobody can write to this address either.
            log.error("address_not_folded", member=str(member_id))
            continue
        mailbox_hash = vault.mailbox_hash(address)
        holder = await import_store.mailbox_holder(conn, mailbox_hash)
        if holder is None:
            await import_store.fold_contact(conn, member_id, mailbox_hash)
        else:
            await _share(conn, clock, member_id, holder[0])
    return contacts[-1][0] if len(contacts) == _PAGE else None


async def _share(conn: Connection, clock: Clock, member_id: UUID, holder_id: UUID) -> None:
    for waited_for in sorted((member_id, holder_id)):
        await store.wait_for_messages(conn, waited_for)
    member = await store.lock_member(conn, member_id)
    holder = await store.lock_member(conn, holder_id)
    if member is None or holder is None or member.person_id is None or holder.person_id is None:
        return
    if member.person_id != holder.person_id:
        await import_store.share_person(conn, member.person_id, holder.person_id, clock.now())
    await import_store.note_same_mailbox(conn, member_id, holder_id)
