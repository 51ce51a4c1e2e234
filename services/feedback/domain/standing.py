"""Where a project stands on the way to its report."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Standing:
    project_id: UUID
    title: str
    state: str
    decision_maker: str
    collection_ends_on: date
    collection: str | None
