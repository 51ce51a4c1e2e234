"""The time zone of a line: as it is written, else as the places that it names leave it."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contracts import codes
from services.registry.imports.csv.reasons import Wrong

PLACES = ("zone", "postcode", "region", "department")
_SHOWN = 40


def zone_of(
    row: dict[str, str], region: str | None, wrong: list[Wrong], *, unclear_numbers: bool
) -> str | None:
    """The zone as written, else the only one that postcode, region and département leave."""
    if zone := row.get("zone"):
        if _known_zone(zone):
            return zone
        wrong.append(Wrong("zone_unknown"))
        return None
    if row.get("region") and region is None:
        # Refused already, for its region.
        return None
    places = list(_places(row, region, unclear_numbers=unclear_numbers))
    if not places:
        return codes.PARIS
    clear = [zones for _, zones in places if zones]
    # A postcode abroad may look like one of France: 10001 is in New York.
    abroad = region == "etranger" or (bool(row.get("postcode")) and not places[0][1])
    zones = set() if abroad or not clear else set(clear[0]).intersection(*clear)
    if len(zones) == 1:
        return zones.pop()
    written = ", ".join(written for written, _ in places)[:_SHOWN]
    example = (*(zone for zones in clear for zone in zones), "America/Guadeloupe")[0]
    wrong.append(Wrong("zone_unclear", {"written": written, "example": example}))
    return None


def lives_elsewhere(row: dict[str, str], region: str | None, zone: str, now: datetime) -> bool:
    """Whether the zone as written has another hour than the place where somebody lives."""
    if not row.get("zone") or region == "etranger":
        return False
    hour = now.astimezone(ZoneInfo(zone)).utcoffset()
    return any(
        zones and all(now.astimezone(ZoneInfo(there)).utcoffset() != hour for there in zones)
        for _, zones in _places(row, region, unclear_numbers=False)
    )


def _places(
    row: dict[str, str], region: str | None, *, unclear_numbers: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each cell that tells where somebody lives, and the zones there; none where it is unclear."""
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
