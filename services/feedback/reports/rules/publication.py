"""The account of all decisions of a project: what it says, and when it may appear."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.feedback.projects.rules import Line, Standing
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

# A count below it is not shown to the public.
MINIMUM_CELL = 5
# Counts of a month of messages; below the minimum cell they are not told.
MONTHLY = ("solicitations", "people_solicited", "notices")
_RECRUITED = ("recruited", "collected", "reporting", "closed")
_ENDED = ("ended", "synthesised")
# In place of a number below the minimum cell, which was not told.
_FEW = MINIMUM_CELL - 1
# Of these none is "fewer than five" as well; of the others none is nothing to tell.
_NEVER_NONE = ("asked", "joined", "credentials_issued", "contributions")


class ReportBlocked(Refusal):
    sentence = Text(
        fr="Le retour ne peut pas encore être publié.", en="The report cannot be published yet."
    )
    way_out = Text(
        fr="Faites ce qui manque, ou attendez ce qui est en route, puis recommencez.",
        en="Do what is missing, or wait for what is on its way, then try again.",
    )

    def __init__(self, lines: list[Line]) -> None:
        super().__init__(lines=lines)
        self._lines = lines

    def details(self, language: Language) -> list[str]:
        return [line.say(language) for line in self._lines]


class ReportChanged(Refusal):
    sentence = Text(
        fr="Le retour a changé depuis que vous l'avez lu.",
        en="The report has changed since you read it.",
    )
    way_out = Text(
        fr="Relisez-le, puis recommencez : ce que vous avez écrit n'a pas été enregistré.",
        en="Read it again, then try again: what you wrote was not saved.",
    )


class SummaryMissing(Refusal):
    status = 422
    sentence = Text(fr="Le résumé est vide.", en="The summary is empty.")
    way_out = Text(
        fr="Écrivez en quelques phrases ce qui a été entendu et décidé.",
        en="Write in a few sentences what was heard and decided.",
    )


class NothingNew(Refusal):
    sentence = Text(
        fr="Rien n'a changé depuis le retour publié.",
        en="Nothing has changed since the published report.",
    )
    way_out = Text(
        fr="Révisez une décision et faites-la signer, ou récrivez le résumé.",
        en="Revise a decision and have it signed, or rewrite the summary.",
    )


@dataclass(frozen=True)
class Draft:
    """The summary being written; version 0 while nobody has written any."""

    version: int
    summary: str


@dataclass(frozen=True)
class Report:
    """As published, for good; `method` is what `method_of` said on that day."""

    project_id: UUID
    version: int
    collection_version: int
    draft_version: int
    summary: str
    method: dict[str, Any]
    published_on: date


def write(held: Draft, summary: str, version_read: int) -> Draft:
    """Raises ReportChanged, SummaryMissing."""
    if version_read != held.version:
        raise ReportChanged
    if not (said := summary.strip()):
        raise SummaryMissing
    return Draft(held.version + 1, said)


def refuse_unless_ready(standing: Standing, held: Draft, version_read: int) -> None:
    """Raises ReportChanged, ReportBlocked, NothingNew."""
    if version_read != held.version:
        raise ReportChanged
    if lines := standing.unanswered:
        raise ReportBlocked(lines)
    if not standing.has_news:
        raise NothingNew


def shown(count: int | None) -> int | None:
    """A count as the public may see it: None below the minimum cell, and where it is not known."""
    return count if count is not None and count >= MINIMUM_CELL else None


def method_of(project: dict[str, Any], collection: dict[str, Any]) -> dict[str, Any]:
    """How the words behind the report were gathered and read, from both events' bodies.

    Counts are None where unknown or below the minimum cell; `too_small` names the latter.
    """
    # campaigns rounds such counts down to a multiple of five, and leaves out those below five.
    recruited = project.get("state") in _RECRUITED
    issued_known = project.get("floor_reached") is not None
    ended = collection.get("state") in _ENDED
    counts = {
        "asked": project.get("asked", 0 if recruited else None),
        "joined": project.get("joined", 0 if recruited else None),
        "credentials_issued": project.get("credentials_issued", 0 if issued_known else None),
        # responses leaves out those below five.
        "contributions": collection.get("contributions", 0 if ended else None),
    }
    contributions = counts["contributions"]
    enough = shown(contributions) is not None
    below_floor = project.get("floor_reached") is False and not enough
    counts["unopened"] = collection.get("unopened", _FEW if ended and below_floor else None)
    unread = collection.get("unread", _FEW if ended and enough else None)
    read = None
    if contributions is not None and unread is not None and enough:
        counts["unread"] = unread
        # Nor may a small number be had by subtraction.
        read = contributions - unread if unread == 0 or unread >= MINIMUM_CELL else None
    return {
        **{name: shown(count) for name, count in counts.items() if name != "unread"},
        "read": shown(read),
        "all_read": enough and unread == 0,
        "too_small": sorted(
            name
            for name, count in counts.items()
            if count is not None and count < MINIMUM_CELL and (count or name in _NEVER_NONE)
        ),
        "draws": len(project.get("draw_commitments", [])),
        "anonymity_floor": project.get("anonymity_floor"),
        "recruitment_ends_on": project.get("recruitment_ends_on"),
        "collection_ends_on": project.get("collection_ends_on"),
        "ended_early_reason": project.get("ended_early_reason"),
        "attention": collection.get("attention") if enough else None,
    }
