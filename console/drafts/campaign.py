"""A campaign as typed: parse lines of text into a request, with a sentence for each error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from console.client.problems import FieldError
from console.client.vocabulary import ATTRIBUTES
from console.drafts.days import parse_day
from console.words import Language, Text, number
from services.contracts import codes

if TYPE_CHECKING:
    from services.contracts.http.campaigns import CampaignSheet

QUOTAS_LINE = "18-34=60 35-49=60"
_QUOTA = re.compile(r"([^=]*?)\s*=\s*([^\s=,;]*)")
_WORDS_OF_A_LABEL = 6

_TITLE = Text(fr="Donnez un titre à la campagne.", en="Give the campaign a title.")
_WANTED = Text(
    fr="Combien de personnes solliciter ? Un nombre, de 1 à 10 000 000.",
    en="How many people to ask? A number, from 1 to 10,000,000.",
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
    fr="Le premier jour s'écrit 2026-11-30, ou 30/11/2026 ; vide : le jour du lancement.",
    en="The first day is written 2026-11-30, or 30/11/2026; empty: the day of the launch.",
)


@dataclass(frozen=True)
class Draft:
    """The fields of the form, as typed."""

    title: str
    wanted: str
    audience: dict[str, str]
    quotas_by: str
    quotas: str
    first_day: str

    def request(self, project_id: UUID, language: Language) -> CampaignSheet:
        """Raises Incomplete."""
        from console.client.requests import build_request
        from services.contracts.http.campaigns import CampaignSheet

        wrong: list[FieldError] = []
        title, count = self.title.strip(), _whole(self.wanted)
        if not title:
            wrong.append(FieldError("title", _TITLE.in_(language)))
        if not count:
            wrong.append(FieldError("wanted", _WANTED.in_(language)))
        quotas, first_day = self._quotas(), self._first_day()
        if quotas is None:
            wrong.append(FieldError("quotas", _QUOTAS.in_(language)))
        elif quotas and count and sum(quotas.values()) != count:
            figures = {"sum": number(sum(quotas.values()), language)}
            figures["wanted"] = number(count, language)
            wrong.append(FieldError("quotas", _SUM.in_(language, **figures)))
        if first_day is None and self.first_day.strip():
            wrong.append(FieldError("first_day", _DAY.in_(language)))
        return build_request(
            CampaignSheet,
            language,
            wrong,
            _field,
            project_id=project_id,
            title=title,
            wanted=count,
            audience={name: codes for name in ATTRIBUTES if (codes := self._codes(name))},
            quotas={"attribute": self.quotas_by, "wanted": quotas} if quotas else None,
            first_day=first_day,
        )

    def _codes(self, attribute: str) -> list[str]:
        return values_in(attribute, self.audience.get(attribute, ""))

    def _quotas(self) -> dict[str, int] | None:
        """None if they are not written as quotas."""
        quotas: dict[str, int] = {}
        for spelling, count in quotas_in(self.quotas):
            people = _whole(count)
            if not spelling or not people:
                return None
            quotas[spelling] = people
        return quotas

    def _first_day(self) -> date | None:
        return parse_day(self.first_day)


def values_in(attribute: str, typed: str) -> list[str]:
    """Codes, or labels as screens print them, between commas or blanks. The longest words that name
    a code are one value ("never online"); the service reads or refuses each."""
    values: list[str] = []
    for part in re.split("[,;\n]", typed):
        parts = part.split()
        while parts:
            length = next(
                (
                    length
                    for length in range(min(len(parts), _WORDS_OF_A_LABEL), 1, -1)
                    if codes.code_named(attribute, " ".join(parts[:length]))
                ),
                1,
            )
            values.append(" ".join(parts[:length]))
            parts = parts[length:]
    return list(dict.fromkeys(values))


def quotas_in(typed: str) -> list[tuple[str, str]]:
    """Split typed quotas at each `=` into code and count."""
    pairs = [(code.strip(" ,;\t"), count) for code, count in _QUOTA.findall(typed)]
    rest = _QUOTA.sub("", typed).strip(" ,;\t")
    return [*pairs, (rest, "")] if rest else pairs


def attribute_of(quotas: str, audience: Mapping[str, str]) -> str:
    """Attribute whose codes the quotas name: the one whose audience lists the first code, else
    one that has them all as codes, then one that has any of them as a label."""
    spellings = [code for code, _ in quotas_in(quotas)]
    for attribute in ATTRIBUTES:
        if spellings and spellings[0] in values_in(attribute, audience.get(attribute, "")):
            return attribute
    for attribute in ATTRIBUTES:
        if spellings and all(code in codes.ATTRIBUTES[attribute] for code in spellings):
            return attribute
    for attribute in ATTRIBUTES:
        if spellings and any(codes.code_named(attribute, code) for code in spellings):
            return attribute
    return "age_band" if spellings and spellings[0][:1].isdigit() else "region"


def _whole(typed: str) -> int | None:
    """A whole number as people type it, 1 204 or 1,204; no number is longer than a column holds."""
    digits = "".join(typed.split()).replace(",", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def _field(location: tuple[str | int, ...]) -> str:
    """The field of the form in which a part of the request is typed."""
    if not location:
        return "quotas"  # the one rule that concerns several keys
    return str(location[1] if location[0] == "audience" and len(location) > 1 else location[0])
