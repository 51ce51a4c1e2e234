"""Models of every service's staff API: roles, problems, hints, dead letters."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.contracts.http import View


class Role(StrEnum):
    """Role of a person, checked on the server. Nobody has both `registry` and `analysis`."""

    REGISTRY = "registry"
    CAMPAIGNS = "campaigns"
    ANALYSIS = "analysis"
    DECISION = "decision"
    OPERATIONS = "operations"
    AUDIT = "audit"


class Me(View):
    """The signed-in person, from the token."""

    name: str
    account: str = Field(
        description="code of the account, by which a mandate names its decision maker"
    )
    roles: list[Role]


class Problem(View):
    """RFC 9457 problem details; `detail` is a sentence, `way_out` the possible remedy."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    way_out: str | None = None
    errors: list[str] = Field(default_factory=list)


class Hint(View):
    """An aggregate changed: read it again if it is on screen. Without id: many of this kind."""

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
    """Result of replaying a dead letter: applied, or refused again with its error."""

    id: int
    applied: bool
    error: str | None = None


class Republished(View):
    """Numbers of events written to the outbox again, by event type."""

    events: dict[str, int]
