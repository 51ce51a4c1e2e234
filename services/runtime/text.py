"""Sentences for people, in French and English side by side, so that no translation is forgotten."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
_BEFORE_SIGN = re.compile(r" ([:;?!»])")


@dataclass(frozen=True)
class Text:
    fr: str
    en: str

    def in_(self, language: Language, **data: Any) -> str:
        sentence = self.fr if language == "fr" else self.en
        return sentence.format(**data) if data else sentence


_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def long_date(day: date, language: Language) -> str:
    """24 novembre 2026, 24 November 2026."""
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[language].split()[day.month - 1]} {day.year}"


def preferred(accept_language: str | None) -> Language:
    """The first of our languages in an Accept-Language header (RFC 9110 §12.5.4), else French."""
    preferences = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            preferences.append((-float(quality or 1), position, tag.lower()[:2]))
        except ValueError:
            continue
    for _, _, tag in sorted(preferences):
        for language in LANGUAGES:
            if tag == language:
                return language
    return "fr"


def unbroken(french: str) -> str:
    """Insert French no-break spaces, so that no line starts with a colon or ends with «."""
    return _BEFORE_SIGN.sub("\u00a0\\1", french).replace("« ", "«\u00a0")
