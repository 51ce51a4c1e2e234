"""Clocks, time zone data, disk and Python version of this machine.

The 31 days, the sending hours and every deadline depend on correct clocks and zones.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deploy.doctor.findings import Finding, Findings, broken, warn, well
from services.runtime.observability.metrics import free_disk_share
from services.runtime.text import Text

LARGEST_SKEW_SECONDS = 2.0
OLDEST_PYTHON = (3, 11)

Offsets = tuple[tuple[datetime, int], ...]


def _always(minutes: int) -> Offsets:
    return (
        (datetime(2026, 1, 15, tzinfo=UTC), minutes),
        (datetime(2026, 7, 15, tzinfo=UTC), minutes),
    )


def _summer(minutes: int, *, forward: datetime, back: datetime) -> Offsets:
    """Expected UTC offsets one minute before and at each change to and from summer time."""
    return (
        (forward.replace(minute=59, hour=forward.hour - 1), minutes),
        (forward, minutes + 60),
        (back.replace(minute=59, hour=back.hour - 1), minutes + 60),
        (back, minutes),
    )


# Minutes ahead of UTC in 2026, in every zone of the French Republic.
ZONES: Mapping[str, Offsets] = {
    "Europe/Paris": _summer(
        60,
        forward=datetime(2026, 3, 29, 1, tzinfo=UTC),
        back=datetime(2026, 10, 25, 1, tzinfo=UTC),
    ),
    "America/Miquelon": _summer(
        -180,
        forward=datetime(2026, 3, 8, 5, tzinfo=UTC),
        back=datetime(2026, 11, 1, 4, tzinfo=UTC),
    ),
    "America/Guadeloupe": _always(-240),
    "America/Martinique": _always(-240),
    "America/St_Barthelemy": _always(-240),
    "America/Marigot": _always(-240),
    "America/Cayenne": _always(-180),
    "Indian/Reunion": _always(240),
    "Indian/Mayotte": _always(180),
    "Pacific/Noumea": _always(660),
    "Pacific/Wallis": _always(720),
    "Pacific/Tahiti": _always(-600),
    "Pacific/Marquesas": _always(-570),
    "Pacific/Gambier": _always(-540),
}

_ROOM_LOOK, _ROOM_BROKEN = 0.1, 0.03
_ROOM = Text(
    fr="Il reste {percent} % de place sur le disque de cette machine.",
    en="{percent} % of this machine's disk is free.",
)
_LITTLE_ROOM = Text(
    fr="Il ne reste que {percent} % de place sur le disque de cette machine.",
    en="Only {percent} % of this machine's disk is free.",
)
_NO_ROOM = Text(
    fr="Le disque de cette machine est presque plein : il reste {percent} %.",
    en="This machine's disk is nearly full: {percent} % is free.",
)
_MAKE_ROOM = Text(
    fr="Libérez de la place (docker system df, anciennes sauvegardes) : un disque plein arrête"
    " PostgreSQL et peut détruire les métadonnées de Kafka.",
    en="Make room (docker system df, old backups): a full disk stops PostgreSQL and may destroy"
    " Kafka's metadata.",
)
_PYTHON = Text(fr="Python {version}.", en="Python {version}.")
_PYTHON_OLD = Text(
    fr="Python {version} est trop ancien : il faut {wanted} au moins.",
    en="Python {version} is too old: {wanted} at least is needed.",
)
_NEWER_PYTHON = Text(
    fr="Utilisez l'image du panel, ou installez un Python plus récent.",
    en="Use the panel's image, or install a newer Python.",
)
_ZONES = Text(
    fr="Les fuseaux horaires sont connus, avec les règles de 2026.",
    en="Time zones are known, with the rules of 2026.",
)
_ZONES_WRONG = Text(
    fr="Des fuseaux horaires manquent ou ont d'autres règles : {zones}.",
    en="Time zones are missing or follow other rules: {zones}.",
)
_ZONE_DATA = Text(
    fr="Mettez à jour les données de fuseaux (paquet tzdata) de ce serveur ou de cette image.",
    en="Update the time zone data (package tzdata) of this server or image.",
)
_SAME_TIME = Text(
    fr="L'horloge est à l'heure de cette machine.", en="The clock agrees with this machine's."
)
_APART = Text(
    fr="L'horloge diffère de {seconds:.1f} s de celle de cette machine ({most:.0f} au plus).",
    en="The clock differs by {seconds:.1f} s from this machine's ({most:.0f} at most).",
)
_TIME_SERVICE = Text(
    fr="Réparez d'abord la synchronisation des horloges (NTP), des deux côtés : les jours civils"
    " en dépendent.",
    en="Repair time synchronisation (NTP) first, on both sides: civil days depend on it.",
)


async def this_machine(
    zones: Mapping[str, Offsets] = ZONES,
    version: tuple[int, ...] = sys.version_info[:3],
    room: Callable[[], float] = free_disk_share,
) -> Findings:
    free = room()
    version_text = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        yield broken(
            "machine.python", "", _PYTHON_OLD, _NEWER_PYTHON, version=version_text, wanted=oldest
        )
    else:
        yield well("machine.python", "", _PYTHON, version=version_text)
    yield room_finding("machine.disk", free)
    yield zones_finding(
        "machine.zones", "", [z for z, rule in zones.items() if not _knows(z, rule)]
    )


def _knows(zone: str, rule: Offsets) -> bool:
    try:
        zone_info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return all(
        (offset := moment.astimezone(zone_info).utcoffset()) is not None
        and offset.total_seconds() == 60 * minutes
        for moment, minutes in rule
    )


def room_finding(check: str, free: float) -> Finding:
    """Check free disk space: a full disk stops PostgreSQL and can corrupt a single Kafka node."""
    percent = round(free * 100)
    if free < _ROOM_BROKEN:
        return broken(check, "", _NO_ROOM, _MAKE_ROOM, percent=percent)
    if free < _ROOM_LOOK:
        return warn(check, "", _LITTLE_ROOM, _MAKE_ROOM, percent=percent)
    return well(check, "", _ROOM, percent=percent)


def zones_finding(check: str, subject: str, wrong: list[str]) -> Finding:
    if wrong:
        return broken(check, subject, _ZONES_WRONG, _ZONE_DATA, zones=", ".join(wrong))
    return well(check, subject, _ZONES)


def clock_finding(
    check: str,
    subject: str,
    asked_at: datetime,
    answered: datetime,
    server_time: datetime,
    theirs_at_most: datetime | None = None,
    tolerance: float = LARGEST_SKEW_SECONDS,
) -> Finding:
    """Compare a server's clock, read between `asked_at` and `answered`, with ours.

    Only a difference that network delay cannot explain counts; a clock shown without fractions lies
    within a second."""
    behind = (asked_at - (theirs_at_most or server_time)).total_seconds()
    ahead = (server_time - answered).total_seconds()
    seconds = max(behind, ahead, 0.0)
    if seconds > tolerance:
        return broken(check, subject, _APART, _TIME_SERVICE, seconds=seconds, most=tolerance)
    return well(check, subject, _SAME_TIME)
