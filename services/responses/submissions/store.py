"""Spent credentials, sealed responses, and contributions, which are opened responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_optional,
    fetch_value,
)

queries = Queries("services.responses.submissions")


@dataclass(frozen=True)
class SealedResponse:
    """The hash of a participant's credential, and the encrypted response that came with it."""

    token_hash: bytes
    box: Encrypted


@dataclass(frozen=True)
class NewContribution:
    """`words`: all free text, for searching; `echo`: what is stored and published of it."""

    id: UUID
    questionnaire_version: int
    answers: dict[str, Any]
    words: str
    echo: bytes | None


@dataclass(frozen=True)
class CollectionStates:
    project_state: str
    state: str


async def share_collection(conn: Connection, project_id: UUID) -> CollectionStates | None:
    """The states, which cannot change before the transaction ends."""
    return await fetch_optional(
        conn, CollectionStates, queries.share_collection, project_id=project_id
    )


async def insert_responses(
    conn: Connection, project_id: UUID, responses: Sequence[SealedResponse]
) -> set[bytes]:
    """Spend the credentials and store the responses of those that were not spent before.

    Returns the hashes of the newly spent credentials. No hash may come twice. Responses are written
    in the given order, which must not be the order of arrival.
    """
    rows = await fetch(
        conn,
        queries.insert_spent_credentials,
        project_id=project_id,
        token_hashes=[response.token_hash for response in responses],
    )
    newly_spent = {row["token_hash"] for row in rows}
    # COPY: half the cost of an INSERT, as boxes are a page each.
    await conn.copy_records_to_table(
        "sealed",
        columns=("project_id", "key_id", "box"),
        records=[
            (project_id, response.box.key_id, response.box.ciphertext)
            for response in responses
            if response.token_hash in newly_spent
        ],
    )
    return newly_spent


async def is_spent(conn: Connection, project_id: UUID, first_hash: bytes, last_hash: bytes) -> bool:
    """Whether a credential was spent whose hash lies between the two, ends included."""
    return bool(
        await fetch_value(
            conn,
            queries.is_spent,
            project_id=project_id,
            first_hash=first_hash,
            last_hash=last_hash,
        )
    )


async def list_echoes(conn: Connection, project_id: UUID) -> list[tuple[bytes, str]]:
    """Each echo with the outcome of its contribution (counted, read, personal_cases), by echo."""
    rows = await fetch(conn, queries.list_echoes, project_id=project_id)
    return [(row["echo"], row["outcome"]) for row in rows]


async def list_projects_to_open(conn: Connection) -> list[UUID]:
    """Projects that are over and whose collection has not ended yet."""
    return [row["project_id"] for row in await fetch(conn, queries.list_projects_to_open)]


async def list_sealed_responses(conn: Connection, project_id: UUID) -> list[Encrypted]:
    rows = await fetch(conn, queries.list_sealed_responses, project_id=project_id)
    return [Encrypted(row["key_id"], row["box"]) for row in rows]


async def delete_sealed_responses(conn: Connection, project_id: UUID) -> None:
    await execute(conn, queries.delete_sealed_responses, project_id=project_id)


async def insert_contributions(
    conn: Connection,
    project_id: UUID,
    contributions: Sequence[NewContribution],
    opened_on: date,
) -> None:
    """In the given order, which must not be the order of arrival."""
    await execute(
        conn,
        queries.insert_contributions,
        project_id=project_id,
        ids=[contribution.id for contribution in contributions],
        versions=[contribution.questionnaire_version for contribution in contributions],
        answers=[contribution.answers for contribution in contributions],
        words=[contribution.words for contribution in contributions],
        opened_on=opened_on,
        echoes=[contribution.echo for contribution in contributions],
    )
