"""Measure how a project's contributions were read."""

from uuid import UUID

from services.responses.collections import store as collections
from services.responses.readings import store
from services.responses.readings.rules_attention import Attention
from services.runtime.postgres.database import Connection


async def measure_attention(conn: Connection, project_id: UUID) -> Attention:
    """Raises NotFound."""
    return Attention(
        await collections.find_collection(conn, project_id),
        await store.list_reading_histories(conn, project_id),
        await store.count_readers(conn, project_id),
    )
