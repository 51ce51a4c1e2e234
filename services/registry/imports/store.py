"""SQL of imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.registry.imports.csv.persons import Person
from services.registry.members.store import EVENT_TYPE, TOPIC
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock
from services.runtime.postgres.queries import (
    Queries,
    execute,
    execute_counted,
    fetch,
    fetch_row,
)

queries = Queries("services.registry.imports")


@dataclass(frozen=True)
class StagedLine:
    """A valid line of an import, with encrypted contact details."""

    line: int
    member_id: UUID
    person: Person
    contact: Encrypted
    email_hash: bytes
    mailbox_hash: bytes


@dataclass(frozen=True)
class StagedCounts:
    """Counts of the lines that can be imported."""

    valid: int
    without_last_contact: int
    come_back: int


async def create_import_lines(conn: Connection) -> None:
    """Begin an import: one at a time, with an empty table for its lines."""
    await execute(conn, queries.acquire_import, lock_number=AdvisoryLock.MEMBER_IMPORT)
    await execute(conn, queries.create_import_lines)


async def insert_import_lines(conn: Connection, lines: Sequence[StagedLine]) -> None:
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
                staged.person.last_contact, staged.contact.key_id, staged.contact.ciphertext,
                staged.email_hash, staged.mailbox_hash, staged.person.contact_unknown,
            )
            for staged in lines
        ],
    )  # fmt: skip


async def refuse_lines(conn: Connection) -> list[tuple[int, str]]:
    """Check all lines against each other and the registry; returns (line, reason) of refusals."""
    await execute(conn, queries.index_import_lines)
    await execute(conn, queries.update_lines_of_former_members)
    rows = await fetch(conn, queries.update_refused_lines)
    return [(row["line"], row["problem"]) for row in rows]


async def count_import_lines(conn: Connection) -> StagedCounts:
    row = await fetch_row(conn, queries.count_import_lines)
    assert row is not None
    return StagedCounts(**row)


async def insert_members(conn: Connection, instant: datetime) -> int:
    """Staged lines without a problem become members, and are published; returns their number."""
    imported = await execute_counted(conn, queries.insert_members)
    await execute(conn, queries.insert_contacts)
    await execute(conn, queries.upsert_contact_locks)
    await execute(conn, queries.publish_imported_members, topic=TOPIC, kind=EVENT_TYPE, now=instant)
    return imported
