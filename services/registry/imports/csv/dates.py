"""Dates of files: a date with one meaning is parsed, any other is refused.

A column of numbers such as 03/04/2026 has the day first, unless some date in it can only have the
month first: then the order is uncertain, and the caller refuses the column.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.contracts.codes import PARIS, plain

_TIME = r"(?:(?:T|,? +(?:à |at )?)(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})" + _TIME, re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})" + _TIME, re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}([/. -])(?:\d{1,2}|[^\W\d]+\.?)\1+\d{2}(?: .*)?", re.ASCII | re.I)
_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?|\d{9,13}", re.ASCII)
_ISO = re.compile(r"\d{4}-?(?:\d{2}|W\d{2})-?\d{1,2}(?:[T ].*)?", re.ASCII)
_NAMED = re.compile(
    r"(?:[a-z]+ )?(\d{1,2})(?:er|st|nd|rd|th)? (?:of |de )?([a-z]+) (\d{4})", re.ASCII
)
_NAMED_FIRST = re.compile(r"(?:[a-z]+ )?([a-z]+) (\d{1,2})(?:st|nd|rd|th)? (\d{4})", re.ASCII)
_NAMED_SHORT = re.compile(r"(?:[a-z]+ )?\d{1,2} [a-z]+ \d{2}", re.ASCII)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january", "fevrier fevr fev february feb", "mars march mar",
            "avril avr april apr", "mai may", "juin june jun", "juillet juil july jul",
            "aout august aug", "septembre sept sep september", "octobre oct october",
            "novembre nov november", "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


# No panel and no consent is older: programs export such years where there is no date at all.
FIRST_YEAR = 2000


class DateRefused(Exception):
    """A text is not exactly one date; `code` is a key of REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class WrittenDate:
    """A date as the cell has it, with time and offset where the cell has them."""

    at: datetime
    day_first: bool = False
    """Whether the cell itself shows that days come first: 15/01/2026 does, 03/04/2026 does not."""

    def civil_day(self, zone: str) -> date:
        """The civil day in a member's zone; without an offset, the day of the cell."""
        return self.at.date() if self.at.tzinfo is None else _day_in(self.at, zone)

    def latest_civil_day(self, zone: str) -> date:
        """The latest civil day that the cell may mean in a member's zone.

        A time without an offset may be in Paris or in UTC. Midnight stands for a day without a
        time, as programs export it.
        """
        day_as_written = self.at.date()
        if self.at.tzinfo is not None:
            day = _day_in(self.at, zone)
            return max(day, day_as_written) if self.at.time() == time() else day
        if self.at.time() == time():
            return day_as_written
        as_paris = self.at.replace(tzinfo=ZoneInfo(PARIS))
        as_utc = self.at.replace(tzinfo=UTC)
        return max(day_as_written, _day_in(as_paris, zone), _day_in(as_utc, zone))


def _day_in(at: datetime, zone: str) -> date:
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except OverflowError as error:
        raise DateRefused("date_invalid") from error


@lru_cache(4096)
def parse_date(text: str) -> WrittenDate:
    """Parse a cell. Raises DateRefused where it has no meaning, or more than one."""
    try:
        date = _parse(" ".join(text.split()))
    except (ValueError, OverflowError) as error:
        raise DateRefused("date_invalid") from error
    if date.at.year < FIRST_YEAR:
        raise DateRefused("date_too_old")
    return date


def _parse(text: str) -> WrittenDate:
    if match := _DAY_FIRST.fullmatch(text):
        first, second = int(match[1]), int(match[3])
        if first <= 12 < second <= 31:
            raise DateRefused("date_month_first")
        return WrittenDate(_at(int(match[4]), second, first, match.groups()[4:]), first > 12)
    if match := _YEAR_FIRST.fullmatch(text):
        return WrittenDate(_at(int(match[1]), int(match[3]), int(match[4]), match.groups()[4:]))
    if _ISO.fullmatch(text):
        return WrittenDate(_iso(text))
    if _NUMBER.fullmatch(text):
        raise DateRefused("date_number")
    if _SHORT_YEAR.fullmatch(text):
        raise DateRefused("date_short_year")
    folded = plain(text)
    if match := _NAMED.fullmatch(folded):
        return WrittenDate(datetime(int(match[3]), _month(match[2]), int(match[1])))  # noqa: DTZ001
    if match := _NAMED_FIRST.fullmatch(folded):
        return WrittenDate(datetime(int(match[3]), _month(match[1]), int(match[2])))  # noqa: DTZ001
    if _NAMED_SHORT.fullmatch(folded):
        raise DateRefused("date_short_year")
    raise DateRefused("date_invalid")


def _at(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (as written)


def _month(name: str) -> int:
    if name not in _MONTHS:
        raise DateRefused("date_invalid")
    return _MONTHS[name]


def _iso(text: str) -> datetime:
    """ISO 8601, with "UTC" or a blank before the offset as databases export them."""
    text = re.sub(r" ?(?:UTC|GMT|Z)$", "Z", text)
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d{2}:?\d{0,2}$)", "", text))
