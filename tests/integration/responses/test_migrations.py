"""A panel that is already under way is migrated with what it holds: no word, no answer and no
document is lost or changed."""

from collections.abc import AsyncIterator
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from services.contracts.http.questionnaires import Questionnaire
from services.responses.collections import store as collections
from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from tests.support.servers import PostgresServer

ALL = migrations.for_service("services.responses")
PROJECT, CONTRIBUTION, DOCUMENT = uuid4(), uuid4(), uuid4()
FIRST_FORM = {"questions": [{"text": "Que changer ?", "required": True}]}
WORDS = "Mettre la date limite en haut."


@pytest.fixture
async def empty(postgres_server: PostgresServer) -> AsyncIterator[db.Connection]:
    name = f"migrated_{uuid4().hex[:8]}"
    await postgres_server.create_database(name)
    conn = await db.connect(postgres_server.dsn(name))
    yield conn
    await conn.close()
    await postgres_server.drop_database(name)


async def migrate_to(conn: db.Connection, last: str) -> None:
    """Up to and with the service's migration of this number."""
    upto = [one for one in ALL if one.origin != "responses" or one.name <= f"{last}~"]
    await migrations.migrate(conn, upto)


async def test_what_a_running_panel_holds_is_there_after_every_migration(
    empty: db.Connection,
) -> None:
    await migrate_to(empty, "0001")
    await empty.execute(
        "INSERT INTO collection (project_id, project_version, project_state, title, state,"
        " questionnaire) VALUES ($1, 3, 'open', 'Lettre', 'ready', $2)",
        PROJECT,
        FIRST_FORM,
    )
    await migrate_to(empty, "0003")
    await empty.execute(
        "INSERT INTO document (id, project_id, title, media_type, content)"
        " VALUES ($1, $2, 'La lettre', 'text/html', '<p>Bonjour</p>')",
        DOCUMENT,
        PROJECT,
    )
    await empty.execute("INSERT INTO spent_credential VALUES ($1, sha256('token'))", PROJECT)
    await empty.execute("INSERT INTO sealed VALUES ($1, 'key', $2)", PROJECT, b"x" * 1_024)
    await empty.execute(
        "INSERT INTO contribution (id, project_id, questionnaire_version, language, answers, words,"
        " on_day) VALUES ($1, $2, 1, 'en', $3, $4, '2026-11-24')",
        CONTRIBUTION,
        PROJECT,
        {"q1": WORDS},
        WORDS,
    )
    await migrations.migrate(empty, ALL)

    held = await collections.collection(empty, PROJECT)
    assert (held.title, held.state, held.questionnaire_version) == ("Lettre", "ready", 1)
    assert held.readings_wanted == 1
    (question,) = Questionnaire.model_validate(held.questionnaire).questions
    assert (question.id, question.text.fr, question.required) == ("q1", "Que changer ?", True)
    kept = await empty.fetchrow("SELECT * FROM contribution")
    assert kept is not None
    assert (kept["id"], kept["words"], kept["answers"]) == (CONTRIBUTION, WORDS, {"q1": WORDS})
    assert (kept["origin"], kept["title"], kept["echo"]) == ("answer", None, None)
    assert kept["language"] == "fr", "of nobody: the language that was stored is forgotten"
    assert await empty.fetchval("SELECT box FROM sealed") == b"x" * 1_024
    assert await empty.fetchval("SELECT count(*) FROM spent_credential") == 1
    document = await empty.fetchrow("SELECT * FROM document")
    assert document is not None
    assert UUID(str(document["id"])) == DOCUMENT
    assert document["size"] == len(b"<p>Bonjour</p>")
    assert document["digest"] == sha256(b"<p>Bonjour</p>").digest()
