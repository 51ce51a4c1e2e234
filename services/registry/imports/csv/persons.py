"""A line of a file as a person, or the reasons for which it cannot be one."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.contracts import codes
from services.registry.imports.csv.cells import EXCERPT_LENGTH, joined
from services.registry.imports.csv.columns import plain_name
from services.registry.imports.csv.dates import DateRefused, WrittenDate, parse_date
from services.registry.imports.csv.reasons import LineRefused, Reason
from services.registry.imports.csv.records import garbled
from services.registry.imports.csv.zones import zone_of
from services.registry.members.addresses import AddressRefused, parse_address
from services.registry.members.rules import membership_ends_on
from services.runtime.clock import Clock

ATTRIBUTES = ("age_band", "region", "digital")
DATES = ("consent_on", "accepted_on", "last_contact")
LONGEST_NAME = 100
_LANGUAGES = {
    "": "fr", "fr": "fr", "francais": "fr", "french": "fr", "fr fr": "fr",
    "en": "en", "anglais": "en", "english": "en", "en gb": "en", "en us": "en",
}  # fmt: skip
# Programs write a question mark for a letter that they do not have, and UTF-7 "+AOk-" for é.
_LOST_ACCENT = re.compile(r"[?¿]|\+A[A-Za-z0-9+/]{2}-")
_IN_NO_NAME = re.compile(r'[@"<>{}\\]|://|\bwww\.|&[#a-z]', re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """A person from a valid line."""

    address: str
    name: str
    language: str
    zone: str
    attributes: dict[str, str]
    accepted_on: date
    ends_on: date
    consent_on: date
    consent_proof: str
    last_contact: date
    contact_unknown: bool = False
    """Whether the line names no last contact, so that `last_contact` is today."""


def read_person(row: dict[str, str], clock: Clock, *, unclear_numbers: bool = False) -> Person:
    """A person from the cells of a line. Raises LineRefused with every reason at once."""
    reasons: list[Reason] = []
    address = _address(row["email"], reasons)
    language = _LANGUAGES.get(plain_name(row.get("language", "")))
    if language is None:
        reasons.append(Reason("language_unknown"))
    name = _person_name(row, reasons)
    attributes = _attributes(row, reasons)
    zone = zone_of(row, attributes.get("region"), reasons, unclear_numbers=unclear_numbers)
    proof = row["consent_proof"]
    if not proof:
        reasons.append(Reason("proof_missing"))
    dates = _dates(row, reasons)
    if reasons:
        raise LineRefused(*{reason.code: reason for reason in reasons}.values())
    assert zone is not None
    try:
        days = {column: date.civil_day(zone) for column, date in dates.items()}
        latest = dates["last_contact"].latest_civil_day(zone) if "last_contact" in dates else None
    except DateRefused as refused:
        raise LineRefused(Reason(refused.code)) from refused
    today = clock.today(zone)
    accepted_on = days.get("accepted_on", days["consent_on"])
    if max(days.values()) > today:
        raise LineRefused(Reason("date_in_future"))
    if membership_ends_on(accepted_on) <= today:
        raise LineRefused(Reason("membership_over"))
    return Person(
        address=address,
        name=name,
        language=language or "fr",
        zone=zone,
        attributes=attributes,
        accepted_on=accepted_on,
        ends_on=membership_ends_on(accepted_on),
        consent_on=days["consent_on"],
        consent_proof=proof,
        # Unknown counts as today: so the month between two contacts is kept in any case.
        last_contact=today if latest is None else min(latest, today),
        contact_unknown=latest is None,
    )


def _address(cell: str, reasons: list[Reason]) -> str:
    try:
        return parse_address(cell)
    except AddressRefused as refused:
        reasons.append(Reason(refused.code))
        return ""


def _person_name(row: dict[str, str], reasons: list[Reason]) -> str:
    name = joined(row.get("first_name", ""), row.get("last_name", ""))
    if garbled(name, "") or _LOST_ACCENT.search(name):
        reasons.append(Reason("garbled", {"written": name[:EXCERPT_LENGTH]}))
    elif _IN_NO_NAME.search(name):
        reasons.append(Reason("name_invalid"))
    elif len(name) > LONGEST_NAME:
        reasons.append(Reason("name_too_long", {"longest": LONGEST_NAME}))
    return name


def _attributes(row: dict[str, str], reasons: list[Reason]) -> dict[str, str]:
    attributes = {}
    for attribute in ATTRIBUTES:
        if cell := row.get(attribute):
            code = codes.code_of(attribute, cell)
            if code is None:
                reasons.append(_unknown(attribute, cell))
            else:
                attributes[attribute] = code
    return attributes


@lru_cache(1024)
def _unknown(attribute: str, cell: str) -> Reason:
    labels = [codes.label_of(attribute, code) for code in codes.nearest(attribute, cell)]
    nearest = ", ".join(label.fr for label in labels if label) or "–"
    return Reason(f"{attribute}_unknown", {"written": cell[:EXCERPT_LENGTH], "nearest": nearest})


def _dates(row: dict[str, str], reasons: list[Reason]) -> dict[str, WrittenDate]:
    dates: dict[str, WrittenDate] = {}
    for name in DATES:
        if cell := row.get(name):
            try:
                dates[name] = parse_date(cell)
            except DateRefused as refused:
                reasons.append(Reason(refused.code))
        elif name == "consent_on":
            reasons.append(Reason("consent_missing"))
    return dates
