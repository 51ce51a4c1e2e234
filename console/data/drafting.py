"""A campaign as it is typed: lines of text to a sheet, with what is wrong said in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from console.data.vocabulary import ATTRIBUTES
from console.words import Language, Text

if TYPE_CHECKING:
    from services.contracts.http.campaigns import CampaignSheet

QUOTAS_LINE = "18-34=60 35-49=60"

_TITLE = Text(fr="Donnez un titre à la campagne.", en="Give the campaign a title.")
_WANTED = Text(
    fr="Combien de personnes solliciter ? Un nombre, au moins 1.",
    en="How many people to ask? A number, at least 1.",
)
_QUOTAS = Text(
    fr="Des quotas s'écrivent code=nombre, tous d'un même critère : " + QUOTAS_LINE,
    en="Quotas are written code=number, all of one criterion: " + QUOTAS_LINE,
)
_SUM = Text(
    fr="Les quotas font {sum}, le nombre voulu est {wanted}.",
    en="The quotas add up to {sum}, the number wanted is {wanted}.",
)
_DAY = Text(
    fr="Le premier jour s'écrit 2026-11-30 ; vide : le jour du lancement.",
    en="The first day is written 2026-11-30; empty: the day of the launch.",
)


class NotASheet(Exception):
    """What is typed is not a campaign yet; `field` is where, the message says what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Draft:
    """The fields of the form, as typed."""

    title: str
    wanted: str
    audience: dict[str, str]
    quotas_by: str
    quotas: str
    first_day: str

    def sheet(self, project_id: UUID, language: Language) -> CampaignSheet:
        """Raises NotASheet."""
        from services.contracts.http.campaigns import CampaignSheet, Quotas

        if not self.title.strip():
            raise NotASheet("title", _TITLE.in_(language))
        wanted = self._wanted(language)
        quotas = self._quotas(language)
        if quotas and sum(quotas.values()) != wanted:
            raise NotASheet("quotas", _SUM.in_(language, sum=sum(quotas.values()), wanted=wanted))
        more: dict[str, Any] = {}
        if quotas:
            more["quotas"] = Quotas(attribute=self.quotas_by, wanted=quotas)
        return CampaignSheet(
            project_id=project_id,
            title=self.title.strip(),
            wanted=wanted,
            audience={name: codes for name in ATTRIBUTES if (codes := self._codes(name))},
            first_day=self._first_day(language),
            **more,
        )

    def _wanted(self, language: Language) -> int:
        digits = "".join(self.wanted.split()).replace(",", "")
        if not digits.isdecimal() or int(digits) < 1:
            raise NotASheet("wanted", _WANTED.in_(language))
        return int(digits)

    def _codes(self, attribute: str) -> list[str]:
        return self.audience.get(attribute, "").replace(",", " ").split()

    def _quotas(self, language: Language) -> dict[str, int]:
        quotas: dict[str, int] = {}
        for part in self.quotas.replace(",", " ").split():
            code, equals, count = part.partition("=")
            if not (code and equals and count.isdecimal() and int(count)):
                raise NotASheet("quotas", _QUOTAS.in_(language))
            quotas[code] = int(count)
        return quotas

    def _first_day(self, language: Language) -> date | None:
        text = self.first_day.strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise NotASheet("first_day", _DAY.in_(language)) from None
