"""Single queries against tables broken by hand: erasures, mailboxes and names."""

from uuid import uuid4

import pytest

from deploy.charter_check.database import fetch_row
from deploy.charter_check.promises import STORED
from services.runtime.postgres.database import Connection
from tests.support import databases
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.timeout(120)


async def judged(connection: Connection, promise: str) -> tuple[int, int]:
    assert promise in {stored.query for stored in STORED}
    row = await fetch_row(connection, promise)
    return row["looked_at"], row["wrong"]


@pytest.mark.parametrize(
    ("state", "kind", "days_later", "wrong"),
    [
        ("sent", "report", 2, 1),
        ("unknown", "confirmation", 40, 1),
        ("attempting", "invitation", 2, 1),
        # Their zone is forgotten: where they lived it may still have been the day before.
        ("sent", "report", 1, 0),
        ("sent", "report", -3, 0),
    ],
)
async def test_any_message_to_who_was_erased_is_seen(
    postgres_server: PostgresServer, state: str, kind: str, days_later: int, wrong: int
) -> None:
    async with (
        databases.clone(postgres_server, "registry") as (_, database),
        database.connection() as connection,
    ):
        member = uuid4()
        await connection.execute(
            "INSERT INTO member (member_id, status) VALUES ($1, 'erased')", member
        )
        await connection.execute("INSERT INTO erasure VALUES ($1, '2026-11-02')", member)
        await connection.execute(
            "INSERT INTO delivery (order_id, state, class, kind, member_id, subject_id, first_day,"
            " last_day, day) VALUES ($1, $2, $3, $4, $5, $1, '2026-10-01', '2026-12-31',"
            " date '2026-11-02' + $6::int)",
            uuid4(),
            state,
            "solicitation" if kind == "invitation" else "notice",
            kind,
            member,
            days_later,
        )
        assert await judged(connection, "silent_after_erasing") == (1, wrong)


async def test_two_people_of_one_mailbox_are_seen(postgres_server: PostgresServer) -> None:
    async with (
        databases.clone(postgres_server, "registry") as (_, database),
        database.connection() as connection,
    ):
        person, first, second, third = (uuid4() for _ in range(4))
        await connection.executemany(
            "INSERT INTO member (member_id, person_id, language, zone, accepted_on, ends_on,"
            " consent_on, consent_proof) VALUES ($1, $2, 'fr', 'Europe/Paris', '2026-01-01',"
            " '2029-01-01', '2026-01-01', 'form')",
            [(first, person), (second, person), (third, uuid4())],
        )
        await connection.execute(
            "ALTER TABLE contact DROP CONSTRAINT contact_one_member_per_mailbox"
        )
        await connection.executemany(
            "INSERT INTO contact (member_id, key_id, sealed, email_hash, mailbox_hash)"
            " VALUES ($1, 'k', '', $2, $3)",
            [(first, b"1", b"m"), (second, b"2", b"m"), (third, b"3", b"n")],
        )
        assert await judged(connection, "one_person_per_mailbox") == (2, 0)
        await connection.execute(
            "UPDATE member SET person_id = $1 WHERE member_id = $2", uuid4(), second
        )
        assert await judged(connection, "one_person_per_mailbox") == (2, 1)
        await connection.execute(
            "UPDATE contact SET mailbox_hash = 'm' WHERE member_id = $1", third
        )
        assert await judged(connection, "one_person_per_mailbox") == (1, 1)


@pytest.mark.parametrize(
    ("drafter", "signer", "wrong"),
    [
        ("M. Bernard", "M. Bernard", 1),
        ("m.  BERNARD", "M. Bernard", 1),
        ("Inès B.", "INÈS-B", 1),
        ("Inès\u00a0B.", "Ine\u0300s B.", 1),
        ("Inès B.", "Inès C.", 0),
    ],
)
async def test_a_drafter_who_signs_under_another_account_is_seen(
    postgres_server: PostgresServer, drafter: str, signer: str, wrong: int
) -> None:
    async with (
        databases.clone(postgres_server, "feedback") as (_, database),
        database.connection() as connection,
    ):
        await connection.execute("ALTER TABLE decision DISABLE TRIGGER USER")
        await connection.execute(
            "INSERT INTO decision (proposal_id, project_id, version, state, proposal_version,"
            " outcome, reason, drafter, drafted_by, drafted_on, signer, signed_by_name,"
            " signed_by_role, signed_on) VALUES ($1, $1, 1, 'signed', 1, 'not', 'Trop cher.', 'a',"
            " $2, '2026-11-02', 'b', $3, 'Directeur', '2026-11-02')",
            uuid4(),
            drafter,
            signer,
        )
        assert await judged(connection, "decisions_signed_by_another") == (1, wrong)
