"""The contact ledger: one entry per solicitation, and the delivery outcomes that settle it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Outcome:
    """Registry's report on one send order, with its version."""

    order_id: UUID
    version: int
    outcome: str
    day: date | None
    reason: str | None
