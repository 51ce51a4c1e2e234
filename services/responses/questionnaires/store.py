"""Versions of questionnaires; the latest is read with its collection."""

from services.responses.collections.rules import Collection
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute

queries = Queries("services.responses.questionnaires")


async def insert_questionnaire(conn: Connection, collection: Collection) -> None:
    await execute(
        conn,
        queries.insert_questionnaire,
        project_id=collection.project_id,
        version=collection.questionnaire_version,
        body=collection.questionnaire,
    )
