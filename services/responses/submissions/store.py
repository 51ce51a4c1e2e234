"""Spent credentials, sealed answers, and contributions once open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.responses.submissions", ".")


@dataclass(frozen=True)
class Ballot:
    """One credential's hash and the answer that came with it, sealed."""

    token_hash: bytes
    box: Encrypted


@dataclass(frozen=True)
class Contribution:
    id: UUID
    questionnaire_version: int
    answers: dict[str, Any]
    words: str
    echo: bytes | None


@dataclass(frozen=True)
class Held:
    project_state: str
    state: str


async def hold_open(conn: Connection, project_id: UUID) -> Held | None:
    """The collection's state, which does not change before the transaction ends."""
    return await db.maybe(conn, Held, sql.hold_open, project_id)


async def keep_answers(conn: Connection, project_id: UUID, ballots: Sequence[Ballot]) -> set[bytes]:
    """The hashes that were not spent before; of the others nothing is kept. No hash comes twice.

    Answers are kept in the order given, which must be no order of arrival."""
    hashes = [one.token_hash for one in ballots]
    rows = await conn.fetch(sql.spend_credentials, project_id, hashes)
    fresh = {row["token_hash"] for row in rows}
    # COPY: half the cost of an INSERT, as boxes are a page each.
    await conn.copy_records_to_table(
        "sealed",
        columns=("project_id", "key_id", "box"),
        records=[
            (project_id, one.box.key_id, one.box.ciphertext)
            for one in ballots
            if one.token_hash in fresh
        ],
    )
    return fresh


async def is_counted(conn: Connection, project_id: UUID, first: bytes, last: bytes) -> bool:
    """Whether a credential whose hash lies between the two was spent."""
    return bool(await conn.fetchval(sql.is_counted, project_id, first, last))


async def echoes(conn: Connection, project_id: UUID) -> list[tuple[bytes, str]]:
    """Echo and what became of its contribution (counted, read, personal_cases), by echo."""
    rows = await conn.fetch(sql.echoes, project_id)
    return [(row["echo"], row["fate"]) for row in rows]


async def waiting(conn: Connection) -> list[UUID]:
    """Projects that are over and whose collection has not ended yet."""
    return [row["project_id"] for row in await conn.fetch(sql.waiting)]


async def sealed_answers(conn: Connection, project_id: UUID) -> list[Encrypted]:
    rows = await conn.fetch(sql.sealed_answers, project_id)
    return [Encrypted(row["key_id"], row["box"]) for row in rows]


async def forget_sealed(conn: Connection, project_id: UUID) -> None:
    await conn.execute(sql.forget_sealed, project_id)


async def add_contributions(
    conn: Connection, project_id: UUID, contributions: Sequence[Contribution], on_day: date
) -> None:
    """In the order given, which must be no order of arrival."""
    await conn.execute(
        sql.add_contributions,
        project_id,
        [one.id for one in contributions],
        [one.questionnaire_version for one in contributions],
        [one.answers for one in contributions],
        [one.words for one in contributions],
        on_day,
        [one.echo for one in contributions],
    )
