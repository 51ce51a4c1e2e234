"""SQL of imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.registry.imports.csv.lines import Person
from services.registry.members.store import MEMBER, MEMBERS, affected_rows
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock

queries = db.Queries("services.registry.imports", ".")


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
    await conn.execute(queries.acquire_import, AdvisoryLock.MEMBER_IMPORT)
    await conn.execute(queries.create_import_lines)


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
    await conn.execute(queries.index_import_lines)
    await conn.execute(queries.update_lines_of_former_members)
    return [(row["line"], row["problem"]) for row in await conn.fetch(queries.update_refused_lines)]


async def count_staged(conn: Connection) -> StagedCounts:
    row = await conn.fetchrow(queries.count_import_lines)
    assert row is not None
    return StagedCounts(**row)


async def keep_lines(conn: Connection, now: datetime) -> int:
    """Staged lines without a problem become members, told to everybody; returns how many."""
    status = await conn.execute(queries.insert_members)
    await conn.execute(queries.insert_contacts)
    await conn.execute(queries.upsert_contact_locks)
    await conn.execute(queries.publish_imported_members, MEMBERS, MEMBER, now)
    return affected_rows(status)
