"""Constraints of the tables of responses, which hold against any code."""

import asyncpg
import pytest

from services.runtime.crypto.encryption import Encrypted, Encryptor
from services.runtime.postgres.database import Database
from tests.support.databases import Databases
from tests.support.responses import ANSWER_KEYS, World, signing_key, submission

OF_THE_RUNTIME = (
    "outbox",
    "dead_letter",
    "schema_migration",
    "recovery",
    "told",
    "backup_made",
)
# When readers, who are staff, were shown contributions: it caps the reading time they report.
OF_READERS = ("reader_time", "shown_time")


async def test_no_table_has_a_time_finer_than_a_day_a_sequence_or_a_member(
    database: Databases,
) -> None:
    responses: Database = await database("responses")
    columns = await responses.pool.fetch(
        "SELECT table_name, column_name, data_type, is_identity, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND NOT table_name = ANY ($1)",
        OF_THE_RUNTIME,
    )
    assert {row["table_name"] for row in columns} >= {"sealed", "spent_credential", "contribution"}
    for row in columns:
        if row["table_name"] not in OF_READERS:
            assert not row["data_type"].startswith(("timestamp", "time")), row
        assert row["is_identity"] == "NO", row
        assert "nextval" not in (row["column_default"] or ""), row
        assert "member" not in row["column_name"], row


async def test_a_version_of_a_questionnaire_never_changes(world: World) -> None:
    pool = world.service.database.pool
    for statement in (
        "UPDATE questionnaire SET body = '{}'",
        "DELETE FROM questionnaire",
        "UPDATE collection SET questionnaire_version = 0",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await pool.execute(statement)
    await pool.execute("DROP TRIGGER questionnaire_frozen_at_ready ON collection")
    await pool.execute("UPDATE collection SET questionnaire_version = 2")
    await pool.execute("DROP TRIGGER questionnaire_version_kept ON questionnaire")
    await pool.execute("UPDATE questionnaire SET body = '{}'")


async def test_nothing_is_ready_without_a_questionnaire(unready: World) -> None:
    pool = unready.service.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await pool.execute("UPDATE collection SET state = 'ready'")
    assert violated.value.constraint_name == "collection_ready_has_questionnaire"
    await pool.execute("ALTER TABLE collection DROP CONSTRAINT collection_ready_has_questionnaire")
    await pool.execute("UPDATE collection SET state = 'ready'")


async def test_the_key_of_a_project_is_kept_as_first_seen(world: World) -> None:
    key_before = await world.fetch("SELECT credential_key FROM collection")
    await world.becomes("open", 9, key=signing_key(1))
    assert await world.fetch("SELECT credential_key FROM collection") == key_before


async def test_no_language_of_a_reader_is_stored_sealed_or_open(world: World) -> None:
    """The only English reader of a project is named by registry's attributes."""
    for number, language in enumerate(("fr", "en", "fr", "en", None)):
        changes = {} if language is None else {"language": language}
        assert (await world.send(submission(f"Avis {number}", **changes))).status_code == 201
    for row in await world.fetch("SELECT key_id, box FROM sealed"):
        box = Encrypted(row["key_id"], row["box"])
        assert b"language" not in Encryptor(ANSWER_KEYS).decrypt(box, world.project_id)
    await world.becomes("collected", 3, issued=5)
    assert await world.open_sealed() == 5
    rows = [dict(row) for row in await world.fetch("SELECT * FROM contribution")]
    varying = ("id", "answers", "words", "search", "search_english", "echo")
    alike = [{name: value for name, value in row.items() if name not in varying} for row in rows]
    assert all(row == alike[0] for row in alike)


@pytest.mark.parametrize(
    ("trigger", "statement"),
    [
        ("spent_credential_kept", "UPDATE spent_credential SET token_hash = ''"),
        ("spent_credential_kept", "DELETE FROM spent_credential"),
        ("spent_credentials_kept", "TRUNCATE spent_credential"),
    ],
)
async def test_a_spent_credential_stays_spent(world: World, trigger: str, statement: str) -> None:
    """Otherwise a second response could follow the first."""
    assert (await world.send(submission())).status_code == 201
    pool = world.service.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await pool.execute(statement)
    assert violated.value.constraint_name == trigger
    await pool.execute(f"DROP TRIGGER {trigger} ON spent_credential")
    await pool.execute(statement)
