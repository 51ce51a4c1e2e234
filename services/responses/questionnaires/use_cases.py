"""Write a questionnaire, and freeze it so that the project can be launched."""

from typing import Any
from uuid import UUID

from services.responses.collections import store as collections
from services.responses.collections.use_cases import (
    CountedCollection,
    hint,
    publish_collections,
    with_counts,
)
from services.responses.documents import store as documents
from services.responses.questionnaires import rules, store
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


async def write_questionnaire(
    conn: Connection, clock: Clock, project_id: UUID, questionnaire: dict[str, Any]
) -> CountedCollection:
    """Add a version of a draft. Raises NotFound, QuestionnaireFrozen, ProjectOver."""
    collection = await collections.lock_collection(conn, project_id)
    drafted = rules.drafted(collection, questionnaire)
    if drafted is not collection:
        await store.insert_questionnaire(conn, drafted)
        await collections.update_collection(conn, drafted)
        await hint(conn, clock, "collection", project_id)
    return await with_counts(conn, drafted)


async def make_ready(conn: Connection, clock: Clock, project_id: UUID) -> CountedCollection:
    """Freeze the questionnaire; the project may now be launched.

    Raises NotFound, NoQuestionnaire, DocumentMissing, ProjectOver.
    """
    collection = await collections.lock_collection(conn, project_id)
    project_documents = await documents.list_documents(conn, project_id)
    ready = rules.readied(collection, frozenset(str(each.id) for each in project_documents))
    if ready is not collection:
        await collections.update_collection(conn, ready)
        await publish_collections(conn, clock, [ready])
    return await with_counts(conn, ready)
