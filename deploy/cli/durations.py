"""Parsing of times and durations on the command line: `31d`, `12h`, `2026-11-03T10:00`."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.runtime.refusal import Refusal
from services.runtime.text import Text

PARIS = ZoneInfo("Europe/Paris")
_UNITS = {"d": "days", "j": "days", "h": "hours", "m": "minutes", "s": "seconds", "w": "weeks"}
_DURATION = re.compile(r"(\d+)\s*([djhmsw])")


class NoDuration(Refusal):
    sentence = Text(fr="« {text} » n'est pas une durée.", en="“{text}” is not a duration.")
    way_out = Text(
        fr="Écrivez par exemple 31d, 12h ou 1d12h.", en="Write for example 31d, 12h or 1d12h."
    )


class NoMoment(Refusal):
    sentence = Text(fr="« {text} » n'est pas une date.", en="“{text}” is not a date.")
    way_out = Text(
        fr="Écrivez par exemple 2026-11-03 ou 2026-11-03T10:00 (heure de Paris).",
        en="Write for example 2026-11-03 or 2026-11-03T10:00 (Paris time).",
    )


def duration(text: str) -> timedelta:
    """Parse a duration, which is never negative. Raises NoDuration."""
    compact = text.strip().lower().replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise NoDuration(text=text)
    try:
        return sum(
            (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta()
        )
    except OverflowError:
        raise NoDuration(text=text) from None


def moment(text: str) -> datetime:
    """Parse an instant, in UTC. The default offset is Paris time, the default hour 10:00.

    Raises NoMoment.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NoMoment(text=text) from None
    if len(text.strip()) == len("2026-11-03"):
        parsed = parsed.replace(hour=10)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=PARIS)).astimezone(UTC)
