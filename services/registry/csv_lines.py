"""Reading an administration's export: whatever its encoding, separator, order and language.

Pure but for reading the file: a line becomes what a member needs, or the reasons why it cannot.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.registry.domain import ColumnsMissing, FileUnreadable, ends_on
from services.registry.vault import normalised
from services.runtime.clock import Clock
from services.runtime.text import Text

SEPARATORS = ";,\t|"
_CHUNK = 1 << 16

# Column names as exports have them, without accents, case and punctuation.
_NAMES = {
    "email": "courriel|email|e mail|mel|mail|adresse electronique|adresse courriel|adresse email"
    "|adresse mail",
    "last_name": "nom|last name|surname|name|nom de famille",
    "first_name": "prenom|first name|given name",
    "age_band": "tranche d age|age|tranche age|age band|age group",
    "region": "region",
    "digital": "aisance numerique|numerique|digital|digital ease|online",
    "language": "langue|language",
    "zone": "fuseau horaire|fuseau|time zone|timezone|zone",
    "accepted_on": "date d adhesion|adhesion|date d acceptation de la charte|charte acceptee le"
    "|charter accepted on|accepted on|joined on",
    "consent_on": "date de consentement|date du consentement|consentement|consent date"
    "|consent on|consented on",
    "consent_proof": "preuve du consentement|preuve de consentement|preuve|consent proof"
    "|proof of consent|proof",
    "last_contact": "dernier contact|date du dernier contact|derniere sollicitation"
    "|last contact|last contacted on|last solicitation",
}
COLUMNS = {name: field for field, names in _NAMES.items() for name in names.split("|")}
REQUIRED = {
    "email": Text(fr="Il manque la colonne Courriel.", en="The column E-mail is missing."),
    "consent_on": Text(
        fr="Il manque la colonne Date de consentement.", en="The column Consent date is missing."
    ),
    "consent_proof": Text(
        fr="Il manque la colonne Preuve du consentement.",
        en="The column Consent proof is missing.",
    ),
}
ATTRIBUTES = ("age_band", "region", "digital")
_CODES = {
    "digital": {
        "jamais": "never", "never": "never", "parfois": "sometimes", "sometimes": "sometimes",
        "souvent": "often", "often": "often",
    },
}  # fmt: skip
_LANGUAGES = {
    "": "fr", "fr": "fr", "francais": "fr", "french": "fr", "fr fr": "fr",
    "en": "en", "anglais": "en", "english": "en", "en gb": "en", "en us": "en",
}  # fmt: skip
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")

REASONS = {
    "email_missing": Text(fr="L'adresse électronique manque.", en="The e-mail address is missing."),
    "email_invalid": Text(
        fr="L'adresse électronique n'est pas valable.", en="The e-mail address is not valid."
    ),
    "consent_missing": Text(
        fr="La date de consentement manque.", en="The consent date is missing."
    ),
    "proof_missing": Text(
        fr="La référence de la preuve du consentement manque.",
        en="The reference of the proof of consent is missing.",
    ),
    "date_invalid": Text(
        fr="Une date n'est pas de la forme jj/mm/aaaa ou aaaa-mm-jj.",
        en="A date does not have the form dd/mm/yyyy or yyyy-mm-dd.",
    ),
    "date_in_future": Text(fr="Une date est dans l'avenir.", en="A date is in the future."),
    "language_unknown": Text(
        fr="La langue n'est ni le français ni l'anglais.",
        en="The language is neither French nor English.",
    ),
    "zone_unknown": Text(
        fr="Le fuseau horaire est inconnu (exemple : Europe/Paris).",
        en="The time zone is not known (example: Europe/Paris).",
    ),
    "digital_unknown": Text(
        fr="L'aisance numérique doit être jamais, parfois ou souvent.",
        en="The digital ease must be never, sometimes or often.",
    ),
    "membership_over": Text(
        fr="L'adhésion date de plus de trois ans : elle est terminée.",
        en="The charter was accepted more than three years ago: the membership is over.",
    ),
    "cells": Text(
        fr="La ligne n'a pas le même nombre de cellules que l'en-tête.",
        en="The line does not have as many cells as the header.",
    ),
    "unreadable": Text(fr="La ligne n'est pas lisible.", en="The line cannot be read."),
    "twice_in_file": Text(
        fr="Cette adresse est déjà plus haut dans le fichier.",
        en="This address is already further up in the file.",
    ),
    "already_member": Text(
        fr="Cette adresse est déjà celle d'un membre.", en="This address is already a member's."
    ),
    "has_left": Text(
        fr="Cette personne a quitté le panel : elle seule peut y revenir.",
        en="This person has left the panel: only they can come back.",
    ),
}


class LineRefused(Exception):
    """Why a line cannot be taken: keys of REASONS."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


@dataclass(frozen=True)
class Person:
    """A valid line."""

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


def encoding_of(file: BinaryIO) -> str:
    """What its first bytes announce; else UTF-8 if the whole file is; else Western Europe's.

    Raises FileUnreadable when the file is not what it announces.
    """
    file.seek(0)
    start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        # What an office computer writes; Latin-1 takes anything.
        candidates = ["utf-8", "cp1252", "latin-1"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise FileUnreadable


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True


def plain(text: str) -> str:
    """Without accents, case and punctuation: "Date d'adhésion" is "date d adhesion"."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.split(r"[^a-z0-9]+", letters)).strip()


def slug(text: str) -> str:
    """A code for an attribute: "La Réunion" is "la-reunion"; "65 +" is "65+"."""
    plus = "+" if text.rstrip().endswith(("+", "et plus", "and over")) else ""
    kept = re.sub(r"\b(ans|years|et plus|and over)\b", "", plain(text)).strip()
    return kept.replace(" ", "-") + plus


class Sheet:
    """A CSV file whose encoding, separator and columns are known."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises FileUnreadable, ColumnsMissing."""
        self.encoding = encoding_of(file)
        self._text = io.TextIOWrapper(file, self.encoding, newline="")
        header = self._text.readline()
        self.separator = max(
            SEPARATORS, key=lambda s: (len(self._known(header, s)), header.count(s))
        )
        self._text.seek(0)
        self._reader = csv.reader(self._text, delimiter=self.separator, strict=True)
        try:
            self.header = next(self._reader, [])
        except csv.Error:
            self.header = []
        fields = [COLUMNS.get(plain(cell)) for cell in self.header]
        if missing := [text for field, text in REQUIRED.items() if field not in fields]:
            raise ColumnsMissing([cell.strip()[:40] for cell in self.header[:30]], missing)
        self._places = {field: place for place, field in enumerate(fields) if field}

    def close(self) -> None:
        """Give the file back to its owner."""
        self._text.detach()

    @staticmethod
    def _known(header: str, separator: str) -> list[str]:
        return [cell for cell in header.split(separator) if plain(cell) in COLUMNS]

    def lines(self, clock: Clock) -> Iterator[tuple[int, Person | LineRefused]]:
        """Each line that is not blank, with the number it starts at."""
        while True:
            number = self._reader.line_num + 1
            try:
                cells = next(self._reader, None)
            except csv.Error:
                yield number, LineRefused("unreadable")
                continue
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.header):
                yield number, LineRefused("cells")
                continue
            if any("\0" in cell for cell in cells):
                # No database text holds it, and no person typed it.
                yield number, LineRefused("unreadable")
                continue
            row = {field: cells[place].strip() for field, place in self._places.items()}
            try:
                yield number, read_person(row, clock)
            except LineRefused as refused:
                yield number, refused


def read_person(row: dict[str, str], clock: Clock) -> Person:
    """Raises LineRefused with everything that is wrong."""
    wrong: list[str] = []
    address = normalised(row["email"])
    if address is None:
        wrong.append("email_invalid" if row["email"] else "email_missing")
    language = _LANGUAGES.get(_plain(row.get("language", "")))
    if language is None:
        wrong.append("language_unknown")
    zone = row.get("zone") or "Europe/Paris"
    if not _known_zone(zone):
        wrong.append("zone_unknown")
    attributes = {}
    for name in ATTRIBUTES:
        if value := row.get(name):
            code = _CODES[name].get(_plain(value)) if name in _CODES else _slug(value)
            if code is None:
                wrong.append(f"{name}_unknown")
            else:
                attributes[name] = code
    proof = row["consent_proof"]
    if not proof:
        wrong.append("proof_missing")
    days: dict[str, date] = {}
    for name in ("consent_on", "accepted_on", "last_contact"):
        if written := row.get(name):
            try:
                days[name] = _day(written)
            except ValueError:
                wrong.append("date_invalid")
        elif name == "consent_on":
            wrong.append("consent_missing")
    if wrong:
        raise LineRefused(*dict.fromkeys(wrong))
    assert address is not None
    assert language is not None
    today = clock.today(zone)
    accepted_on = days.get("accepted_on", days["consent_on"])
    if max(days.values()) > today:
        raise LineRefused("date_in_future")
    if ends_on(accepted_on) <= today:
        raise LineRefused("membership_over")
    return Person(
        address=address,
        name=" ".join(filter(None, (row.get("first_name"), row.get("last_name")))),
        language=language,
        zone=zone,
        attributes=attributes,
        accepted_on=accepted_on,
        ends_on=ends_on(accepted_on),
        consent_on=days["consent_on"],
        consent_proof=proof,
        # Unknown means contacted today: the month is kept whatever happened before.
        last_contact=days.get("last_contact", today),
    )


# Exports repeat few values many times.
_plain = lru_cache(4096)(plain)
_slug = lru_cache(4096)(slug)


@lru_cache(4096)
def _day(written: str) -> date:
    if found := _DAY.fullmatch(written):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return datetime.fromisoformat(written).date()


@lru_cache(1024)
def _known_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
