"""A CSV file of members: whatever its encoding, separator, order of columns and language.

Every physical line is accounted for: it is blank, or above the members' lines, or refused, or a
person.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from services.contracts import codes
from services.registry.imports.csv.cells import EXCERPT_LENGTH, clean, joined
from services.registry.imports.csv.columns import (
    COLUMNS,
    REGION_NAMES,
    REQUIRED,
    missing,
    plain_name,
)
from services.registry.imports.csv.dates import DateRefused, parse_date
from services.registry.imports.csv.persons import DATES, Person, read_person
from services.registry.imports.csv.reasons import LineRefused, Reason
from services.registry.imports.csv.records import (
    SEPARATORS,
    Record,
    encoding_of,
    garbled,
    open_text,
    physical_lines,
    records,
)
from services.registry.imports.csv.zones import PLACES, lives_elsewhere
from services.registry.imports.rules import (
    ColumnsMissing,
    DuplicateColumns,
    EncodingDoubtful,
    LinesUnaccounted,
)
from services.runtime.clock import Clock

LONGEST_CELL = 1_000
# Spellings of one code that are remembered, so that no file fills the memory with them.
_SPELLINGS = 50
# A title, a date of export and the like may stand above the header.
_LINES_ABOVE = 10
_SAMPLES = 3
_SEP_LINE = re.compile(r'"?sep=(.)"?[;,\t|]*', re.IGNORECASE)
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ue000-\uf8ff\ufffe\uffff]")


@dataclass(frozen=True)
class Line:
    """One record of the file: the physical lines from `first` to `last`, and its content."""

    first: int
    last: int
    content: Person | LineRefused


@dataclass
class FileFacts:
    """Facts about a whole file, beside its persons."""

    physical: int = 0
    blank: int = 0
    above: int = 0
    """The header, and lines above it."""
    names: list[str] = field(default_factory=list)
    """Some names as they were read, with accents where there are any."""
    codes: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    """For each attribute and code, its spellings in the file."""
    swallowed: list[tuple[int, int]] = field(default_factory=list)
    """Records that a quotation mark made run over several people's lines."""
    month_first: dict[str, int] = field(default_factory=dict)
    """Columns of dates in which a date has the month first, with the first such line."""
    placeless: int = 0
    """Persons without any place in their line, who count as living in Paris."""
    elsewhere: int = 0
    """Persons whose time zone has another hour than their postcode, region or département."""
    region_numbers_unclear: bool = False
    """Whether every region number in the file may mean a région or a département."""


class CsvFile:
    """A CSV file with its encoding, separator and columns, which one first pass has found out."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises FileUnreadable, EncodingDoubtful, ColumnsMissing, DuplicateColumns."""
        self.encoding = encoding_of(file)
        self.facts = FileFacts()
        self._file = file
        self._text = open_text(file, self.encoding)
        try:
            self.separator, self.header = self._find_header()
            self._columns = self._locate_columns()
            self._survey()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Detach from the file, which stays open: its owner closes it."""
        if not self._text.closed and self._text.buffer is not None:
            self._text.detach()

    @property
    def unused_columns(self) -> list[str]:
        """The names of columns that are not imported."""
        used = set(self._columns.values())
        return [
            cell[:EXCERPT_LENGTH]
            for index, cell in enumerate(self.header)
            if cell and index not in used
        ]

    def column(self, name: str) -> str:
        """The header of a column as the file spells it."""
        return self.header[self._columns[name]][:EXCERPT_LENGTH]

    # -- the header

    def _find_header(self) -> tuple[str, list[str]]:
        lines = physical_lines(self._text)
        separator, number = "", 0
        first_cells: list[str] = []
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
            recognised, _, sep, cells = max(candidates, key=lambda candidate: candidate[:2])
            if recognised >= len(REQUIRED) and not missing(cells):
                self.facts.above = number
                return sep, cells
            first_cells = first_cells or cells
        if any(garbled(cell, self.encoding) for cell in first_cells):
            raise EncodingDoubtful(first_cells, self.encoding)
        excerpts = [cell[:EXCERPT_LENGTH] for cell in first_cells[:30]]
        raise ColumnsMissing(excerpts, missing(first_cells))

    @staticmethod
    def _header(line: str, separator: str) -> tuple[int, int, str, list[str]]:
        record = next(records(iter([line]), separator))
        cells = [clean(cell) for cell in record.cells]
        while cells and not cells[-1]:
            cells.pop()
        recognised = sum(plain_name(cell) in COLUMNS for cell in cells)
        return recognised, line.count(separator), separator, cells

    def _locate_columns(self) -> dict[str, int]:
        if unreadable := [cell for cell in self.header if garbled(cell, self.encoding)]:
            raise EncodingDoubtful(self._garbled_names() or unreadable, self.encoding)
        columns: dict[str, int] = {}
        for index, cell in enumerate(self.header):
            name = COLUMNS.get(plain_name(cell))
            if name is None:
                continue
            if name in columns:
                raise DuplicateColumns(
                    first=self.header[columns[name]][:EXCERPT_LENGTH],
                    second=cell[:EXCERPT_LENGTH],
                    first_place=columns[name] + 1,
                    second_place=index + 1,
                )
            columns[name] = index
        if "region" not in columns and "department" in columns:
            columns["region"] = columns.pop("department")
        return columns

    def _garbled_names(self) -> list[str]:
        """Names below a garbled header, for the refusal that shows them."""
        name_columns = [
            index
            for index, cell in enumerate(self.header)
            if COLUMNS.get(plain_name(cell)) in ("first_name", "last_name")
        ] or list(range(len(self.header)))
        samples = []
        for record in self._records():
            cells = [record.cells[index] for index in name_columns if index < len(record.cells)]
            if any(garbled(cell, self.encoding) for cell in cells):
                samples.append(" ".join(cells)[:EXCERPT_LENGTH])
            if len(samples) == _SAMPLES:
                break
        return samples

    # -- the lines

    def _records(self) -> Iterator[Record]:
        """The records below the header."""
        self._text.detach()
        self._text = open_text(self._file, self.encoding)
        lines = physical_lines(self._text)
        for _ in range(self.facts.above):
            next(lines)
        return records(lines, self.separator, self.facts.above + 1)

    def _survey(self) -> None:
        """First pass: facts that no line can tell by itself. Raises EncodingDoubtful."""
        facts = self.facts
        facts.physical = facts.above
        doubtful: list[str] = []
        numbers: set[str] = set()
        ascii_names: list[str] = []
        region = self._columns.get("region")
        for record in self._records():
            facts.physical += record.lines
            if record.swallows:
                facts.swallowed.append((record.first, record.last))
            if record.problem:
                continue
            name = joined(self._cell(record, "first_name"), self._cell(record, "last_name"))
            texts = (name, self._cell(record, "region"), self._cell(record, "age_band"))
            if self.encoding == "cp1252" and any(garbled(text, "cp1252") for text in texts):
                doubtful.append(next(text for text in texts if garbled(text, "cp1252")))
                if len(doubtful) == _SAMPLES:
                    break
            sample = ascii_names if name.isascii() else facts.names
            if name and len(sample) < _SAMPLES:
                sample.append(name[:EXCERPT_LENGTH])
            if region is not None:
                code = codes.code_of("region", self._cell(record, "region"))
                if code in codes.DEPARTMENTS and len(numbers) < 200:
                    numbers.add(str(code))
        if doubtful:
            raise EncodingDoubtful([text[:EXCERPT_LENGTH] for text in doubtful], self.encoding)
        facts.names = (facts.names + ascii_names)[:_SAMPLES]
        facts.region_numbers_unclear = (
            numbers <= codes.REGION_NUMBERS and plain_name(self.column("region")) in REGION_NAMES
            if region is not None
            else False
        )

    def _cell(self, record: Record, name: str) -> str:
        index = self._columns.get(name)
        return clean(record.cells[index]) if index is not None and index < len(record.cells) else ""

    def lines(self, clock: Clock) -> Iterator[Line]:
        """Each record that is not blank. Raises LinesUnaccounted if a physical line is missing."""
        lines_read = self.facts.above
        for record in self._records():
            lines_read += record.lines
            if record.is_blank:
                self.facts.blank += record.lines
                continue
            yield Line(record.first, record.last, self._content(record, clock))
        if lines_read != self.facts.physical:
            raise LinesUnaccounted(self.facts.physical, lines_read)

    def _content(self, record: Record, clock: Clock) -> Person | LineRefused:
        if record.problem:
            data: dict[str, object] = {"first": record.first, "last": record.last}
            return LineRefused(Reason(record.problem, data))
        try:
            row = self._row(record)
            person = read_person(row, clock, unclear_numbers=self.facts.region_numbers_unclear)
        except LineRefused as refused:
            # A refused line still shows the order of day and month in its columns of dates.
            self._note_month_first(record)
            return refused
        self.facts.placeless += not any(row.get(name) for name in PLACES)
        region = person.attributes.get("region")
        self.facts.elsewhere += lives_elsewhere(row, region, person.zone, clock.now())
        for attribute, code in person.attributes.items():
            spellings = self.facts.codes.get((attribute, code))
            if spellings is None:
                spellings = self.facts.codes[attribute, code] = Counter()
            spelling = row[attribute][:EXCERPT_LENGTH]
            counted = spelling in spellings or len(spellings) < _SPELLINGS
            spellings[spelling if counted else "…"] += 1
        return person

    def _row(self, record: Record) -> dict[str, str]:
        """The cells that are imported, by column. Raises LineRefused."""
        if any(record.cells[len(self.header) :]):
            raise LineRefused(Reason("cells"))
        cells = [clean(cell) for cell in record.cells]
        if _CONTROL.search(" ".join(cells)):
            raise LineRefused(Reason("control_character"))
        if max(map(len, cells)) > LONGEST_CELL:
            raise LineRefused(Reason("cell_too_long", {"longest": LONGEST_CELL}))
        # Spreadsheets leave out the empty cells at the end of some rows.
        cells += [""] * (len(self.header) - len(cells))
        return {name: cells[index] for name, index in self._columns.items()}

    def _note_month_first(self, record: Record) -> None:
        for name in DATES:
            try:
                parse_date(self._cell(record, name)[:LONGEST_CELL] or "2000-01-01")
            except DateRefused as refused:
                if refused.code == "date_month_first":
                    self.facts.month_first.setdefault(name, record.first)
