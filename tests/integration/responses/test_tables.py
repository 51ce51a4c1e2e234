"""What the tables of words can never hold, whatever code writes to them."""

import asyncpg
import pytest

from services.runtime.db import Database
from tests.databases import Databases
from tests.integration.responses.world import World, signing_key

OF_THE_RUNTIME = (
    "outbox",
    "dead_letter",
    "schema_migration",
    "recovery",
    "told",
    "backup_made",
)


async def test_no_table_has_a_time_finer_than_a_day_a_sequence_or_a_member(
    database: Databases,
) -> None:
    held: Database = await database("responses")
    columns = await held.pool.fetch(
        "SELECT table_name, column_name, data_type, is_identity, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND NOT table_name = ANY ($1)",
        OF_THE_RUNTIME,
    )
    assert {row["table_name"] for row in columns} >= {"sealed", "spent_credential", "contribution"}
    for row in columns:
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
    before = await world.fetch("SELECT credential_key FROM collection")
    await world.becomes("open", 9, key=signing_key(1))
    assert await world.fetch("SELECT credential_key FROM collection") == before
