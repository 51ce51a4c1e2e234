"""What every service's staff API has: roles, problems, hints, dead letters."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.contracts.http import View


class Role(StrEnum):
    """What a person may do; checked on the server. Nobody holds people and analysis together."""

    REGISTRY = "registry"
    CAMPAIGNS = "campaigns"
    ANALYSIS = "analysis"
    DECISION = "decision"
    OPERATIONS = "operations"
    AUDIT = "audit"


class Me(View):
    """The person who asks, as their token says."""

    name: str
    account: str = Field(description="code of the account, by which a mandate names who decides")
    roles: list[Role]


class Problem(View):
    """RFC 9457 problem details; `detail` is a sentence for a person, `way_out` what they can do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    way_out: str | None = None
    errors: list[str] = Field(default_factory=list)


class Hint(View):
    """Something changed: re-read it if it is on screen. No id means 'many of this kind'."""

    kind: str
    id: str | None = None
    version: int | None = None


class DeadLetter(View):
    id: int
    topic: str
    partition: int
    offset: int
    error: str
    stored_at: datetime
    replayed_at: datetime | None = None


class Replay(View):
    """How a replayed dead letter ended: applied, or still refused with its error."""

    id: int
    applied: bool
    error: str | None = None


class Republished(View):
    """Aggregates whose current state was put on the outbox again, by event type."""

    events: dict[str, int]


class Created(View):
    id: UUID
    version: int = 1
