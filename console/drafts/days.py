"""Days as people type them."""

from datetime import date

_FIRST_YEAR = 1000


def parse_day(typed: str) -> date | None:
    """2027-03-01 or 1/3/2027; none if it is neither. The year has four digits: of two, nobody knows
    the century."""
    parts = typed.strip().split("/")
    try:
        if len(parts) == 3:
            day, month, year = map(int, parts)
            parsed = date(year, month, day)
        else:
            parsed = date.fromisoformat(typed.strip())
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.year >= _FIRST_YEAR else None
