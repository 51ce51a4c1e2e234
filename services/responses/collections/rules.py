"""A project's collection of responses: its life, and which of its counts subscribers may see."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Smaller counts could point at persons.
MINIMUM_CELL = 5


class CollectionPhase(StrEnum):
    """A collection moves along this list only; the database refuses any other step."""

    PREPARING = "preparing"
    READY = "ready"
    ENDED = "ended"
    SYNTHESISED = "synthesised"


class ProjectPhase(StrEnum):
    """Those phases of a project, as campaigns publishes them, that decide something here."""

    PUBLISHED = "published"
    OPEN = "open"
    RECRUITED = "recruited"
    COLLECTED = "collected"
    REPORTING = "reporting"
    CLOSED = "closed"


_COLLECTING = frozenset((ProjectPhase.OPEN, ProjectPhase.RECRUITED))
_OVER = frozenset((ProjectPhase.COLLECTED, ProjectPhase.REPORTING, ProjectPhase.CLOSED))


class SynthesisMade(Refusal):
    sentence = Text(
        fr="La synthèse de ce projet est faite : lectures et propositions ne changent plus.",
        en="This project's synthesis is made: readings and proposals no longer change.",
    )


class BlankText(Refusal):
    status = 422
    sentence = Text(fr="Ce texte ne contient que des espaces.", en="This text is blank.")
    way_out = Text(fr="Écrivez au moins un mot.", en="Write at least one word.")


@dataclass(frozen=True)
class Collection:
    """A collection, the project that it belongs to, and the latest version of its questionnaire.

    `opened_on`: the day on which its responses were opened. `preview_id`: staff's address of the
    response page before it is public.
    """

    project_id: UUID
    version: int
    title: str
    state: CollectionPhase
    project_state: str
    mandate: dict[str, Any]
    recruitment_ends_on: date
    collection_ends_on: date
    credential_key: dict[str, Any] | None
    credentials_issued: int | None
    floor_reached: bool | None
    anonymity_floor: int
    preview_id: UUID
    opened_on: date | None
    questionnaire_version: int
    questionnaire: dict[str, Any] | None
    readings_wanted: int
    synthesised_by: str | None
    synthesised_on: date | None

    def __post_init__(self) -> None:
        """The database returns a text."""
        object.__setattr__(self, "state", CollectionPhase(self.state))

    @property
    def project_is_over(self) -> bool:
        return self.project_state in _OVER

    @property
    def has_ended(self) -> bool:
        """Whether its responses were opened, or will stay sealed for ever."""
        return self.state in (CollectionPhase.ENDED, CollectionPhase.SYNTHESISED)


@dataclass(frozen=True)
class ResponseCounts:
    """Responses received so far, those still sealed, and those opened as contributions."""

    received: int
    sealed: int
    opened: int


@dataclass(frozen=True)
class PublicCounts:
    """Counts of an ended collection; None where a count is not published."""

    contributions: int | None = None
    unread: int | None = None
    unopened: int | None = None


def public_counts(counts: PublicCounts) -> PublicCounts:
    """Suppress every count from 1 to 4.

    That no contribution is unread may be published as soon as the number of contributions is: it
    says nothing about persons.
    """
    contributions = _at_least_minimum(counts.contributions)
    unread = None
    if contributions is not None:
        unread = 0 if counts.unread == 0 else _at_least_minimum(counts.unread)
    return PublicCounts(contributions, unread, _at_least_minimum(counts.unopened))


def _at_least_minimum(count: int | None) -> int | None:
    return count if count is not None and count >= MINIMUM_CELL else None


def is_collecting(project_state: str) -> bool:
    return project_state in _COLLECTING


def refuse_once_synthesised(state: CollectionPhase) -> None:
    """Raises SynthesisMade."""
    if state == CollectionPhase.SYNTHESISED:
        raise SynthesisMade


def non_blank(text: str) -> str:
    """Strip `text`, and replace U+0000, which PostgreSQL cannot store.

    Raises BlankText."""
    stripped = text.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not stripped:
        raise BlankText
    return stripped
