"""Reading an administration's export: whatever its encoding, separator, order and language.

Pure but for reading the file: a line becomes what a member needs, or the reasons why it cannot.
Every physical line is accounted for: it is blank, or above the persons, or refused, or a person.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import BinaryIO

from services.contracts import codes
from services.registry.imports.csv.columns import (
    COLUMNS,
    REGION_NAMES,
    REQUIRED,
    missing,
    plain_name,
)
from services.registry.imports.csv.dates import DateRefused, WrittenDate, read_date
from services.registry.imports.csv.reasons import LineRefused, Wrong
from services.registry.imports.csv.records import (
    SEPARATORS,
    Record,
    encoding_of,
    garbled,
    open_text,
    physical_lines,
    records,
)
from services.registry.imports.csv.zones import PLACES, lives_elsewhere, zone_of
from services.registry.imports.rules import (
    ColumnsMissing,
    DuplicateColumns,
    EncodingDoubtful,
    LinesUnaccounted,
)
from services.registry.members.addresses import INVISIBLE, AddressRefused, read_address
from services.registry.members.rules import membership_ends_on
from services.runtime.clock import Clock

ATTRIBUTES = ("age_band", "region", "digital")
DATES = ("consent_on", "accepted_on", "last_contact")
_LANGUAGES = {
    "": "fr", "fr": "fr", "francais": "fr", "french": "fr", "fr fr": "fr",
    "en": "en", "anglais": "en", "english": "en", "en gb": "en", "en us": "en",
}  # fmt: skip
LONGEST_NAME = 100
LONGEST_CELL = 1_000
_SHOWN = 40
# Spellings of one code that are remembered, so that no file fills the memory with them.
_SPELLINGS = 50
# A title, a date of export and the like may stand above the header.
_LINES_ABOVE = 10
_SEP_LINE = re.compile(r'"?sep=(.)"?[;,\t|]*', re.IGNORECASE)
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ue000-\uf8ff\ufffe\uffff]")
# Programs write a question mark for a letter that they do not have, and UTF-7 "+AOk-" for é.
_LOST = re.compile(r"[?¿]|\+A[A-Za-z0-9+/]{2}-")
_IN_NO_NAME = re.compile(r'[@"<>{}\\]|://|\bwww\.|&[#a-z]', re.IGNORECASE)


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
    contact_unknown: bool = False
    """Whether nothing was known of a last contact, so that `last_contact` is today."""


@dataclass(frozen=True)
class Line:
    """The physical lines from `first` to `last`, which are one, and what they are."""

    first: int
    last: int
    content: Person | LineRefused


@dataclass
class Facts:
    """All that reading a file tells about it, beside its persons."""

    physical: int = 0
    blank: int = 0
    above: int = 0
    """The header, and what stands above it."""
    names: list[str] = field(default_factory=list)
    """The first names of people as they were read, with accents where there are any."""
    codes: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    """For each attribute and code, the spellings that were read as it."""
    swallowed: list[tuple[int, int]] = field(default_factory=list)
    """Records that a quotation mark made run over several people's lines."""
    month_first: dict[str, int] = field(default_factory=dict)
    """Columns of dates in which a date has the month first, with the line of the first one."""
    placeless: int = 0
    """Persons of whom nothing says where they live, so that they count as living in Paris."""
    elsewhere: int = 0
    """Persons whose written time zone has another hour than their postcode, region, département."""
    region_numbers_unclear: bool = False
    """Whether every number of a region in the file could be a région's or a département's."""


class Sheet:
    """A CSV file whose encoding, separator and columns are known; looked through once before."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises FileUnreadable, EncodingDoubtful, ColumnsMissing, ColumnsTwice."""
        self.encoding = encoding_of(file)
        self.facts = Facts()
        self._file = file
        self._text = open_text(file, self.encoding)
        try:
            self.separator, self.header = self._find_header()
            self._places = self._columns()
            self._look_through()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back to its owner."""
        if not self._text.closed and self._text.buffer is not None:
            self._text.detach()

    @property
    def unused_columns(self) -> list[str]:
        """The names of columns that are not imported."""
        used = set(self._places.values())
        return [
            cell[:_SHOWN] for place, cell in enumerate(self.header) if cell and place not in used
        ]

    def column(self, name: str) -> str:
        """The header of a column as the file has it."""
        return self.header[self._places[name]][:_SHOWN]

    # -- the header

    def _find_header(self) -> tuple[str, list[str]]:
        lines = physical_lines(self._text)
        separator, number = "", 0
        found: list[str] = []
        for line in lines:
            number += 1
            if line is None or number > _LINES_ABOVE:
                break
            if match := _SEP_LINE.fullmatch(line.strip()):
                separator = match[1] if match[1] in SEPARATORS else ""
                continue
            if not line.strip(SEPARATORS + " "):
                continue
            candidates = [self._header(line, sep) for sep in separator or SEPARATORS]
            known, _, sep, cells = max(candidates, key=lambda candidate: candidate[:2])
            if known >= len(REQUIRED) and not missing(cells):
                self.facts.above = number
                return sep, cells
            found = found or cells
        if any(garbled(cell, self.encoding) for cell in found):
            raise EncodingDoubtful(found, self.encoding)
        raise ColumnsMissing([cell[:_SHOWN] for cell in found[:30]], missing(found))

    @staticmethod
    def _header(line: str, separator: str) -> tuple[int, int, str, list[str]]:
        record = next(records(iter([line]), separator))
        cells = [clean(cell) for cell in record.cells]
        while cells and not cells[-1]:
            cells.pop()
        known = sum(plain_name(cell) in COLUMNS for cell in cells)
        return known, line.count(separator), separator, cells

    def _columns(self) -> dict[str, int]:
        if wrong := [cell for cell in self.header if garbled(cell, self.encoding)]:
            raise EncodingDoubtful(self._some_names() or wrong, self.encoding)
        places: dict[str, int] = {}
        for place, cell in enumerate(self.header):
            name = COLUMNS.get(plain_name(cell))
            if name is None:
                continue
            if name in places:
                raise DuplicateColumns(
                    first=self.header[places[name]][:_SHOWN],
                    second=cell[:_SHOWN],
                    first_place=places[name] + 1,
                    second_place=place + 1,
                )
            places[name] = place
        if "region" not in places and "department" in places:
            places["region"] = places.pop("department")
        return places

    def _some_names(self) -> list[str]:
        """Names below a header that cannot be read, for the refusal that shows them."""
        places = [
            place
            for place, cell in enumerate(self.header)
            if COLUMNS.get(plain_name(cell)) in ("first_name", "last_name")
        ] or list(range(len(self.header)))
        shown = []
        for record in self._records():
            cells = [record.cells[place] for place in places if place < len(record.cells)]
            if any(garbled(cell, self.encoding) for cell in cells):
                shown.append(" ".join(cells)[:_SHOWN])
            if len(shown) == 3:
                break
        return shown

    # -- the lines

    def _records(self) -> Iterator[Record]:
        """What stands below the header."""
        self._text.detach()
        self._text = open_text(self._file, self.encoding)
        lines = physical_lines(self._text)
        for _ in range(self.facts.above):
            next(lines)
        return records(lines, self.separator, self.facts.above + 1)

    def _look_through(self) -> None:
        """Learn from the whole file what no line can tell by itself."""
        facts = self.facts
        facts.physical = facts.above
        doubtful: list[str] = []
        numbers: set[str] = set()
        shown: list[str] = []
        region = self._places.get("region")
        for record in self._records():
            facts.physical += record.lines
            if record.swallows:
                facts.swallowed.append((record.first, record.last))
            if record.problem:
                continue
            name = _name(self._cell(record, "first_name"), self._cell(record, "last_name"))
            texts = (name, self._cell(record, "region"), self._cell(record, "age_band"))
            if self.encoding == "cp1252" and any(garbled(text, "cp1252") for text in texts):
                doubtful.append(next(text for text in texts if garbled(text, "cp1252")))
                if len(doubtful) == 3:
                    break
            sample = shown if name.isascii() else facts.names
            if name and len(sample) < 3:
                sample.append(name[:_SHOWN])
            if region is not None:
                code = codes.code_of("region", self._cell(record, "region"))
                if code in codes.DEPARTMENTS and len(numbers) < 200:
                    numbers.add(str(code))
        if doubtful:
            raise EncodingDoubtful([text[:_SHOWN] for text in doubtful], self.encoding)
        facts.names = (facts.names + shown)[:3]
        facts.region_numbers_unclear = (
            numbers <= codes.REGION_NUMBERS and plain_name(self.column("region")) in REGION_NAMES
            if region is not None
            else False
        )

    def _cell(self, record: Record, name: str) -> str:
        place = self._places.get(name)
        return clean(record.cells[place]) if place is not None and place < len(record.cells) else ""

    def lines(self, clock: Clock) -> Iterator[Line]:
        """Each record that is not blank; asserts in the end that no physical line is missing."""
        seen = self.facts.above
        for record in self._records():
            seen += record.lines
            if record.is_blank:
                self.facts.blank += record.lines
                continue
            yield Line(record.first, record.last, self._content(record, clock))
        if seen != self.facts.physical:
            raise LinesUnaccounted(self.facts.physical, seen)

    def _content(self, record: Record, clock: Clock) -> Person | LineRefused:
        if record.problem:
            data: dict[str, object] = {"first": record.first, "last": record.last}
            return LineRefused(Wrong(record.problem, data))
        try:
            row = self._row(record)
            person = read_person(row, clock, unclear_numbers=self.facts.region_numbers_unclear)
        except LineRefused as refused:
            # Whatever else is wrong with it, a line tells in which order its dates are.
            self._note_month_first(record)
            return refused
        self.facts.placeless += not any(row.get(name) for name in PLACES)
        region = person.attributes.get("region")
        self.facts.elsewhere += lives_elsewhere(row, region, person.zone, clock.now())
        for attribute, code in person.attributes.items():
            spellings = self.facts.codes.get((attribute, code))
            if spellings is None:
                spellings = self.facts.codes[attribute, code] = Counter()
            written = row[attribute][:_SHOWN]
            known = written in spellings or len(spellings) < _SPELLINGS
            spellings[written if known else "…"] += 1
        return person

    def _row(self, record: Record) -> dict[str, str]:
        """The cells that are imported, by column. Raises LineRefused."""
        if any(record.cells[len(self.header) :]):
            raise LineRefused(Wrong("cells"))
        cells = [clean(cell) for cell in record.cells]
        if _CONTROL.search(" ".join(cells)):
            raise LineRefused(Wrong("control_character"))
        if max(map(len, cells)) > LONGEST_CELL:
            raise LineRefused(Wrong("cell_too_long", {"longest": LONGEST_CELL}))
        # Spreadsheets leave out the empty cells at the end of some rows.
        cells += [""] * (len(self.header) - len(cells))
        return {name: cells[place] for name, place in self._places.items()}

    def _note_month_first(self, record: Record) -> None:
        for name in DATES:
            try:
                read_date(self._cell(record, name)[:LONGEST_CELL] or "2000-01-01")
            except DateRefused as wrong:
                if wrong.code == "date_month_first":
                    self.facts.month_first.setdefault(name, record.first)


_FORMULA = re.compile(r'="([^"]*)"')
_MARKS = ("'", "=")


def clean(cell: str) -> str:
    """A cell without what nobody can mean: invisible characters, and marks of spreadsheets."""
    if cell.isascii():
        text = cell.strip()
        if text[:1] not in _MARKS:
            return text
    else:
        text = unicodedata.normalize("NFC", INVISIBLE.sub("", cell)).replace("\u00a0", " ").strip()
    if text[:1] == "=" and (formula := _FORMULA.fullmatch(text)):
        return formula[1].strip()
    # An apostrophe marks a text; a name may begin with one, before a small letter.
    if text[:1] == "'" and not text[1:2].islower():
        return text[1:].removesuffix("'").strip()
    return text


def _name(*parts: str) -> str:
    return " ".join(" ".join(parts).split())


def read_person(row: dict[str, str], clock: Clock, *, unclear_numbers: bool = False) -> Person:
    """Raises LineRefused with everything that is wrong."""
    wrong: list[Wrong] = []
    address = _address(row["email"], wrong)
    language = _LANGUAGES.get(plain_name(row.get("language", "")))
    if language is None:
        wrong.append(Wrong("language_unknown"))
    name = _person_name(row, wrong)
    attributes = _attributes(row, wrong)
    zone = zone_of(row, attributes.get("region"), wrong, unclear_numbers=unclear_numbers)
    proof = row["consent_proof"]
    if not proof:
        wrong.append(Wrong("proof_missing"))
    dates = _dates(row, wrong)
    if wrong:
        raise LineRefused(*{reason.code: reason for reason in wrong}.values())
    assert zone is not None
    try:
        days = {written: date.civil_day(zone) for written, date in dates.items()}
        latest = dates["last_contact"].latest_civil_day(zone) if "last_contact" in dates else None
    except DateRefused as refused:
        raise LineRefused(Wrong(refused.code)) from refused
    today = clock.today(zone)
    accepted_on = days.get("accepted_on", days["consent_on"])
    if max(days.values()) > today:
        raise LineRefused(Wrong("date_in_future"))
    if membership_ends_on(accepted_on) <= today:
        raise LineRefused(Wrong("membership_over"))
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
        # Unknown means contacted today: the month is kept whatever happened before.
        last_contact=today if latest is None else min(latest, today),
        contact_unknown=latest is None,
    )


def _address(written: str, wrong: list[Wrong]) -> str:
    try:
        return read_address(written)
    except AddressRefused as refused:
        wrong.append(Wrong(refused.code))
        return ""


def _person_name(row: dict[str, str], wrong: list[Wrong]) -> str:
    name = _name(row.get("first_name", ""), row.get("last_name", ""))
    if garbled(name, "") or _LOST.search(name):
        wrong.append(Wrong("garbled", {"written": name[:_SHOWN]}))
    elif _IN_NO_NAME.search(name):
        wrong.append(Wrong("name_invalid"))
    elif len(name) > LONGEST_NAME:
        wrong.append(Wrong("name_too_long", {"longest": LONGEST_NAME}))
    return name


def _attributes(row: dict[str, str], wrong: list[Wrong]) -> dict[str, str]:
    attributes = {}
    for attribute in ATTRIBUTES:
        if written := row.get(attribute):
            code = codes.code_of(attribute, written)
            if code is None:
                wrong.append(_unknown(attribute, written))
            else:
                attributes[attribute] = code
    return attributes


@lru_cache(1024)
def _unknown(attribute: str, written: str) -> Wrong:
    labels = [codes.label_of(attribute, code) for code in codes.nearest(attribute, written)]
    nearest = ", ".join(label.fr for label in labels if label) or "–"
    return Wrong(f"{attribute}_unknown", {"written": written[:_SHOWN], "nearest": nearest})


def _dates(row: dict[str, str], wrong: list[Wrong]) -> dict[str, WrittenDate]:
    dates: dict[str, WrittenDate] = {}
    for name in DATES:
        if written := row.get(name):
            try:
                dates[name] = read_date(written)
            except DateRefused as refused:
                wrong.append(Wrong(refused.code))
        elif name == "consent_on":
            wrong.append(Wrong("consent_missing"))
    return dates
