"""The time zone of a line: the one that it names, else the one that its places leave."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contracts import codes
from services.registry.imports.csv.cells import EXCERPT_LENGTH
from services.registry.imports.csv.reasons import Reason

PLACES = ("zone", "postcode", "region", "department")


def zone_of(
    row: dict[str, str], region: str | None, reasons: list[Reason], *, unclear_numbers: bool
) -> str | None:
    """The zone of the line, else the only one that postcode, region and département leave.

    None, with a reason in `reasons`, where the zone is unknown or unclear.
    """
    if zone := row.get("zone"):
        if _known_zone(zone):
            return zone
        reasons.append(Reason("zone_unknown"))
        return None
    if row.get("region") and region is None:
        # The line is refused already, for its region.
        return None
    places = list(_places(row, region, unclear_numbers=unclear_numbers))
    if not places:
        return codes.PARIS
    clear = [zones for _, zones in places if zones]
    # A postcode abroad may look like a French one: 10001 is in New York.
    abroad = region == "etranger" or (bool(row.get("postcode")) and not places[0][1])
    zones = set() if abroad or not clear else set(clear[0]).intersection(*clear)
    if len(zones) == 1:
        return zones.pop()
    cells = ", ".join(cell for cell, _ in places)[:EXCERPT_LENGTH]
    example = (*(zone for zones in clear for zone in zones), "America/Guadeloupe")[0]
    reasons.append(Reason("zone_unclear", {"written": cells, "example": example}))
    return None


def lives_elsewhere(row: dict[str, str], region: str | None, zone: str, instant: datetime) -> bool:
    """Whether the zone of the line has another hour than the places of the line."""
    if not row.get("zone") or region == "etranger":
        return False
    hour = instant.astimezone(ZoneInfo(zone)).utcoffset()
    return any(
        zones
        and all(instant.astimezone(ZoneInfo(candidate)).utcoffset() != hour for candidate in zones)
        for _, zones in _places(row, region, unclear_numbers=False)
    )


def _places(
    row: dict[str, str], region: str | None, *, unclear_numbers: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each cell that names a place, and the zones there; no zone where it is unclear."""
    if postcode := row.get("postcode"):
        yield postcode, codes.zones_of_postcode(postcode)
    if region is not None:
        unclear = unclear_numbers and region in codes.OVERSEAS_REGION_NUMBERS
        yield row.get("region") or region, () if unclear else codes.zones_of_region(region)
    if department := row.get("department"):
        code = codes.code_of("region", department)
        yield department, codes.zones_of_region(code) if code else ()


@lru_cache(1024)
def _known_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
