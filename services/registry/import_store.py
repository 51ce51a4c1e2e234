"""The SQL calls of imports, and of mailboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.registry.csv_lines import Person
from services.registry.store import MEMBER, MEMBERS, rows_of, sql
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock


@dataclass(frozen=True)
class StagedLine:
    """A valid line of an import, sealed."""

    line: int
    member_id: UUID
    person: Person
    box: Encrypted
    email_hash: bytes
    mailbox_hash: bytes


@dataclass(frozen=True)
class StagedCounts:
    """Of the lines of an import that can be taken."""

    valid: int
    without_last_contact: int
    come_back: int


async def stage_lines(conn: Connection) -> None:
    await conn.execute(sql.lock_imports, AdvisoryLock.MEMBER_IMPORT)
    await conn.execute(sql.stage_lines)


async def copy_lines(conn: Connection, lines: Sequence[StagedLine]) -> None:
    await conn.copy_records_to_table(
        "import_line",
        columns=[
            "line", "member_id", "language", "zone", "attributes", "accepted_on", "ends_on",
            "consent_on", "consent_proof", "last_day", "key_id", "sealed", "email_hash",
            "mailbox_hash", "contact_unknown",
        ],
        records=[
            (
                staged.line, staged.member_id, staged.person.language, staged.person.zone,
                orjson.dumps(staged.person.attributes).decode(),
                staged.person.accepted_on, staged.person.ends_on,
                staged.person.consent_on, staged.person.consent_proof,
                staged.person.last_contact, staged.box.key_id, staged.box.ciphertext,
                staged.email_hash, staged.mailbox_hash, staged.person.contact_unknown,
            )
            for staged in lines
        ],
    )  # fmt: skip


async def judge_lines(conn: Connection) -> list[tuple[int, str]]:
    """Lines with a problem that only the whole file or the registry can tell."""
    await conn.execute(sql.index_lines)
    await conn.execute(sql.recognise_lines)
    return [(row["line"], row["problem"]) for row in await conn.fetch(sql.judge_lines)]


async def count_staged(conn: Connection) -> StagedCounts:
    row = await conn.fetchrow(sql.count_staged)
    assert row is not None
    return StagedCounts(**row)


async def keep_lines(conn: Connection, now: datetime) -> int:
    """Staged lines without a problem become members, told to everybody; returns how many."""
    status = await conn.execute(sql.keep_members)
    await conn.execute(sql.keep_contacts)
    await conn.execute(sql.keep_contact_locks)
    await conn.execute(sql.tell_imported, MEMBERS, MEMBER, now)
    return rows_of(status)


# -- mailboxes


async def may_fold(conn: Connection) -> bool:
    return bool(await conn.fetchval(sql.may_fold, AdvisoryLock.MEMBER_IMPORT))


async def unfolded_contacts(
    conn: Connection, after: UUID, limit: int
) -> list[tuple[UUID, Encrypted]]:
    """Members whose mailbox has not been worked out yet, with their sealed contact."""
    rows = await conn.fetch(sql.unfolded_contacts, limit, after)
    return [(row["member_id"], Encrypted(row["key_id"], row["sealed"])) for row in rows]


async def mailbox_holder(conn: Connection, mailbox_hash: bytes) -> tuple[UUID, UUID] | None:
    """(member, person)"""
    row = await conn.fetchrow(sql.mailbox_holder, mailbox_hash)
    return row and (row["member_id"], row["person_id"])


async def fold_contact(conn: Connection, member_id: UUID, mailbox_hash: bytes) -> None:
    await conn.execute(sql.fold_contact, member_id, mailbox_hash)


async def share_person(conn: Connection, person_id: UUID, survivor: UUID, now: datetime) -> None:
    """Every member of a person is another person's, with the later of both contact locks."""
    await conn.execute(sql.share_person, person_id, survivor)
    await conn.execute(sql.share_lock, person_id, survivor)
    await conn.execute(sql.tell_person, survivor, MEMBERS, MEMBER, now)


async def note_same_mailbox(conn: Connection, member_id: UUID, holder: UUID) -> None:
    await conn.execute(sql.note_same_mailbox, member_id, holder)
