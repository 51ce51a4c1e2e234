"""Did the administration do what it said? What changed in an answer, and what is overdue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Protocol
from uuid import UUID

from services.runtime.text import Text

OUTCOME_NAMES = {
    "retained": Text(fr="Retenue", en="Retained"),
    "partly": Text(fr="Retenue en partie", en="Partly retained"),
    "not": Text(fr="Non retenue", en="Not retained"),
}
# How far what was retained has come; promised: nothing was said since.
PROGRESS = ("promised", "planned", "under_way", "done", "given_up")
OVER = ("done", "given_up")


class Told(Protocol):
    """What a decision says, drafted or published."""

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


@dataclass(frozen=True)
class DecisionVersion:
    """A decision as published, with the proposal in the words that it answers."""

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
    """What one version says otherwise than the version before; None where it says nothing."""

    what: str
    before: str | date | None
    after: str | date | None


_TOLD = ("outcome", "reason", "next_step", "due_on", "owner")


def changes(before: Told, after: Told) -> list[Change]:
    return [
        Change(name, getattr(before, name), getattr(after, name))
        for name in _TOLD
        if getattr(before, name) != getattr(after, name)
    ]


def in_force(
    versions: Iterable[DecisionVersion],
) -> list[tuple[DecisionVersion, DecisionVersion | None]]:
    """The newest version of each proposal's decision with the one before it, if any.

    Versions of one proposal are neighbours, oldest first."""
    found: list[tuple[DecisionVersion, DecisionVersion | None]] = []
    for _, group in groupby(versions, key=lambda one: one.proposal_id):
        *earlier, newest = group
        found.append((newest, earlier[-1] if earlier else None))
    return found


def overdue_days(outcome: str, progress: str, due_on: date | None, today: date) -> int:
    """Beyond the promised day, of what is neither done nor given up."""
    if outcome == "not" or progress in OVER or due_on is None:
        return 0
    return max(0, (today - due_on).days)


def share_read(contributions: int, read: int, minimum: int) -> float | None:
    """Rounded down, so that it says "all" only if it is all; None if there are too few."""
    if contributions < minimum:
        return None
    return read * 100 // contributions / 100
