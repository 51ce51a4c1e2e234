"""Reports: the published decisions of a project, owed to every participant."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Report:
    """A published version, and the version of the collection whose synthesis it answers."""

    project_id: UUID
    version: int
    collection_version: int
    published_on: date
