"""How a project's contributions were read, in figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.contracts.events.responses import AttentionFigures
from services.responses.collections import store as collections
from services.responses.collections.rules import Collection
from services.responses.readings import rules_attention as rules
from services.responses.readings import store
from services.responses.readings.rules_attention import Heard
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Attention:
    collection: Collection
    heard: Sequence[Heard]
    readers: int

    @property
    def figures(self) -> AttentionFigures:
        wanted = self.collection.readings_wanted
        found = rules.figures(self.heard, wanted)
        return AttentionFigures(
            readings_wanted=wanted,
            coverage=found.coverage,
            median_seconds=found.median_seconds,
            gini=found.gini,
            median_delay_days=found.median_delay_days,
            longest_delay_days=found.longest_delay_days,
        )


async def attention(conn: Connection, project_id: UUID) -> Attention:
    """Raises NotFound."""
    return Attention(
        await collections.collection(conn, project_id),
        await store.heard(conn, project_id),
        await store.count_readers(conn, project_id),
    )


async def unread(conn: Connection, project_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Contributions that still lack a reading."""
    counts = await store.count_readings(conn, project_ids)
    return {project_id: counted.unread for project_id, counted in counts.items()}
