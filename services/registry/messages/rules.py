"""Rules of messages."""

from datetime import UTC, date, datetime, time, timedelta


def end_of_day_everywhere(day: date, extra: timedelta = timedelta()) -> datetime:
    """The end of a civil day everywhere on Earth, and some more: for links in messages."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1, hours=12) + extra
