"""Revisions and overdue promises of decisions, and figures of the charter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Protocol
from uuid import UUID

from services.feedback.decisions.rules import Outcome
from services.feedback.follow_up.rules import FINISHED

# Counts in a month of messages that are not published below the minimum cell.
MONTHLY_COUNTS = ("solicitations", "people_solicited", "notices")


class DecisionContent(Protocol):
    """The content of a decision, drafted or published."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def next_step(self) -> str | None: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def owner(self) -> str | None: ...


_CONTENT_FIELDS = ("outcome", "reason", "next_step", "due_on", "owner")


@dataclass(frozen=True)
class DecisionVersion:
    """A decision as published, with the wording of the proposal that it decides."""

    proposal_id: UUID
    version: int
    report_version: int
    proposal_version: int
    outcome: str
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    decided_by_name: str
    decided_by_role: str
    decided_on: date
    published_on: date
    title: str
    text: str
    theme: str | None
    support: int


@dataclass(frozen=True)
class Change:
    """A field that differs between two versions of a decision; None where a version lacks it."""

    field: str
    old: str | date | None
    new: str | date | None


def changes(old: DecisionContent, new: DecisionContent) -> list[Change]:
    return [
        Change(field, getattr(old, field), getattr(new, field))
        for field in _CONTENT_FIELDS
        if getattr(old, field) != getattr(new, field)
    ]


def in_force(
    versions: Iterable[DecisionVersion],
) -> list[tuple[DecisionVersion, DecisionVersion | None]]:
    """The newest version of each proposal's decision with the previous one, if any.

    Versions of one proposal must be adjacent, oldest first."""
    newest_and_previous: list[tuple[DecisionVersion, DecisionVersion | None]] = []
    for _, group in groupby(versions, key=lambda version: version.proposal_id):
        *earlier, newest = group
        newest_and_previous.append((newest, earlier[-1] if earlier else None))
    return newest_and_previous


def overdue_days(outcome: str, progress: str, due_on: date | None, today: date) -> int:
    """Days after the due date of a retained proposal that is neither done nor given up, else 0."""
    if outcome == Outcome.NOT or progress in FINISHED or due_on is None:
        return 0
    return max(0, (today - due_on).days)


def share_read(contributions: int, read_count: int, minimum: int) -> float | None:
    """Rounded down, so that 100 % means all; None below the minimum cell."""
    if contributions < minimum:
        return None
    return read_count * 100 // contributions / 100
