"""Texts of the interface in French and English, and formats of numbers and days.

The console's own copy of an idea that the services have too: it must not import them, and must
start fast, so neither a template engine nor a locale database is loaded here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from textwrap import wrap
from typing import Any, Literal
from zoneinfo import ZoneInfo

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

# The panel's civil days are counted here, whatever the zone of the machine the console runs on.
ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Text:
    fr: str
    en: str

    def in_(self, language: Language, **data: Any) -> str:
        sentence = self.fr if language == "fr" else self.en
        return sentence.format(**data) if data else sentence


@dataclass(frozen=True)
class Count:
    """A counted thing: one form for one (and, in French, for none), another for several."""

    singular: Text
    plural: Text

    def say(self, count: int, language: Language) -> str:
        single = count < 2 if language == "fr" else count == 1
        form = self.singular if single else self.plural
        return form.in_(language, n=number(count, language))


def number(value: int, language: Language) -> str:
    """1 204 in French (narrow no-break space), 1,204 in English."""
    return f"{value:,}".replace(",", "\u202f" if language == "fr" else ",")


_DAYS = Text(
    fr="lundi mardi mercredi jeudi vendredi samedi dimanche",
    en="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
_MONTHS = Text(
    fr="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    en="January February March April May June July August September October November December",
)
_MONTHS_SHORT = Text(
    fr="janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    en="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
)
_NEAR = {
    -1: Text(fr="hier", en="yesterday"),
    0: Text(fr="aujourd'hui", en="today"),
    1: Text(fr="demain", en="tomorrow"),
}
_WEEK = 7


def day(value: date, today: date, language: Language) -> str:
    """A day as people say it, seen from `today`: demain, mardi 24, mardi 24 novembre."""
    distance = (value - today).days
    if distance in _NEAR:
        return _NEAR[distance].in_(language)
    return full_day(value, today, language)


def full_day(value: date, today: date, language: Language) -> str:
    """Weekday, day and month, with the year only where it is another one."""
    text = f"{weekday(value, language)} {_day_of_month(value, language)} {month(value, language)}"
    return text if value.year == today.year else f"{text} {value.year}"


def short_day(value: date, language: Language) -> str:
    """12 déc. / 12 Dec: for table cells."""
    return f"{value.day} {_MONTHS_SHORT.in_(language).split()[value.month - 1]}"


def weekday(value: date, language: Language) -> str:
    return _DAYS.in_(language).split()[value.weekday()]


def month(value: date, language: Language) -> str:
    return _MONTHS.in_(language).split()[value.month - 1]


def short_weekdays(language: Language) -> list[str]:
    return [name[:3] for name in _DAYS.in_(language).split()]


def _day_of_month(value: date, language: Language) -> str:
    return "1er" if value.day == 1 and language == "fr" else str(value.day)


def between(first: date, last: date, today: date, language: Language) -> str:
    """A window of civil days: on Tuesday 24, between Tuesday 24 and Wednesday 25 November."""
    if first == last:
        on = Text(fr="le {day}", en="on {day}")
        return on.in_(language, day=full_day(first, today, language))
    start = (
        f"{weekday(first, language)} {_day_of_month(first, language)}"
        if (first.year, first.month) == (last.year, last.month)
        else full_day(first, today, language)
    )
    window = Text(fr="entre le {start} et le {end}", en="between {start} and {end}")
    return window.in_(language, start=start, end=full_day(last, today, language))


def clock_time(at: datetime, seconds: bool = False) -> str:
    return at.astimezone(ZONE).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(at: datetime, today: date, language: Language) -> str:
    """today 14:02, Tuesday 24 November 09:15."""
    local = at.astimezone(ZONE)
    return f"{day(local.date(), today, language)} {local:%H:%M}"


def listed(items: Iterable[str], language: Language) -> str:
    """a, b and c."""
    *first, last = list(items) or [""]
    joint = Text(fr=" et ", en=" and ").in_(language)
    return f"{', '.join(first)}{joint}{last}" if first else last


# Blanks where French never breaks a line: before double punctuation, inside « », after M.
_GLUED = re.compile(r"(?<=«) | (?=[»;:!?])|(?<=\bM\.) ")
_GLUE = "\ue000"  # of private use: in no text


def fold(text: str, width: int) -> str:
    """Lines of at most `width`, never broken inside a number, whose space is not a blank here."""
    glued = _GLUED.sub(_GLUE, text)
    return "\n".join(wrap(glued, max(width, 10))).replace(_GLUE, " ") if text else ""


def elide(text: str, width: int) -> str:
    """Cut to `width` columns with an ellipsis; for Latin text, where a character is a column."""
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + "…"


_BARS = "▁▂▃▄▅▆▇█"


def spark(values: list[int], width: int | None = None) -> str:
    """A line of bars scaled to its own greatest value; summed into `width` columns if longer."""
    if width and len(values) > width:
        edges = [round(i * len(values) / width) for i in range(width + 1)]
        values = [sum(values[a:b]) for a, b in pairwise(edges)]
    top = max(values, default=0)
    if not top:
        return _BARS[0] * len(values)
    return "".join(_BARS[-(-value * (len(_BARS) - 1) // top)] for value in values)


def bar(value: int, top: int, width: int) -> str:
    """A horizontal bar in eighths of a column; anything above zero is visible."""
    eighths = " ▏▎▍▌▋▊▉"
    if value <= 0 or top <= 0:
        return ""
    length = max(1, round(min(value, top) * width * 8 / top))
    return "█" * (length // 8) + eighths[length % 8].strip()
