"""Campaigns: the audience, the days of the messages, and whether the quotas can be met."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

SEED_BYTES = 32


class AlreadyLaunched(Refusal):
    sentence = Text(
        fr="La campagne « {title} » est déjà lancée.",
        en="The campaign “{title}” has already been launched.",
    )
    way_out = Text(
        fr="Pour solliciter d'autres personnes, préparez une nouvelle campagne.",
        en="To ask more people, prepare another campaign.",
    )


class QuotasInfeasible(Refusal):
    """The sentence names the smallest change that makes the quotas feasible."""

    sentence = Text(
        fr="Les quotas de « {title} » ne peuvent pas être atteints avant la fin du recrutement :"
        " ramenez {changes_fr}.",
        en="The quotas of “{title}” cannot be met before recruitment ends: lower {changes_en}.",
    )
    way_out = Text(
        fr="Corrigez ces quotas et le nombre voulu, puis préparez de nouveau la campagne.",
        en="Correct these quotas and the number wanted, then prepare the campaign again.",
    )

    def __init__(self, title: str, targets: dict[str, int], relaxation: dict[str, int]) -> None:
        def lines(preposition: str) -> list[str]:
            return [
                f"{code} {preposition} {largest} (/ {targets[code]})"
                for code, largest in sorted(relaxation.items())
            ]

        super().__init__(
            title=title,
            changes_fr=", ".join(lines("à")),
            changes_en=", ".join(lines("to")),
        )
        self.relaxation = relaxation
        self._lines = {"fr": lines("à"), "en": lines("to")}

    def details(self, language: Language) -> list[str]:
        return self._lines[language]


class WindowAfterRecruitment(Refusal):
    sentence = Text(
        fr="Le premier jour d'envoi, {first_day}, est après la fin du recrutement ({ends_on}).",
        en="The first sending day, {first_day}, is after the end of recruitment ({ends_on}).",
    )
    way_out = Text(fr="Choisissez un jour plus tôt.", en="Choose an earlier day.")


class CampaignState(StrEnum):
    DRAFT = "draft"
    LAUNCHED = "launched"


@dataclass(frozen=True)
class Campaign:
    """One wave of invitations for a project, as stored."""

    id: UUID
    project_id: UUID
    title: str
    audience: dict[str, list[str]]
    quotas: dict[str, Any] | None
    wanted: int
    first_day: date | None
    window_days: int
    state: CampaignState
    seed: bytes | None
    commitment: str | None
    launched_at: datetime | None

    @property
    def stratum_attribute(self) -> str | None:
        return self.quotas["attribute"] if self.quotas else None

    @property
    def strata(self) -> dict[str, int]:
        """Number to ask in each stratum; without quotas there is one, called ''."""
        return dict(self.quotas["wanted"]) if self.quotas else {"": self.wanted}

    def launch(self, seed: bytes, at: datetime) -> "Campaign":
        """Commit to the draw's seed before eligibility is read.

        Raises AlreadyLaunched.
        """
        if self.state != CampaignState.DRAFT:
            raise AlreadyLaunched(title=self.title)
        return replace(
            self,
            state=CampaignState.LAUNCHED,
            seed=seed,
            commitment=sha256(seed).hexdigest(),
            launched_at=at,
        )

    def must_be_feasible(self, possible: dict[str, int]) -> None:
        """Raises QuotasInfeasible; `possible`: members who can be asked before recruitment ends."""
        if self.quotas and (lowered := relaxation(self.strata, possible)):
            raise QuotasInfeasible(self.title, self.strata, lowered)


def relaxation(targets: dict[str, int], possible: dict[str, int]) -> dict[str, int]:
    """Largest feasible number of each stratum whose wanted number is not feasible.

    Strata are disjoint, so lowering each to what exists is the smallest change there is.
    """
    return {
        stratum: possible.get(stratum, 0)
        for stratum, number in targets.items()
        if number > possible.get(stratum, 0)
    }
