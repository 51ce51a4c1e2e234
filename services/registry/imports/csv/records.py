"""Decoding of a file into records: no line may vanish, and none may flow into another.

A record is one physical line. A quotation mark that is still open at the end of its line makes the
record run on to the line that closes it: such a record is never used, only reported by its first
and last line. The time is linear in the file, and memory is bounded by the longest allowed line.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from services.registry.imports.rules import FileUnreadable

SEPARATORS = ";,\t|"
LONGEST_LINE = 1 << 16
# Blanks that may stand between a separator and a quotation mark.
_PADDING = frozenset((" ", "\t", "\u00a0", "\u202f"))
# CP/M end-of-file mark, which old programs still write.
_END_OF_FILE = "\x1a"
_SAMPLE = 1 << 12


def encoding_of(file: BinaryIO) -> str:
    """The encoding of the byte order mark; else UTF-8 if the whole file decodes; else cp1252.

    `garbled` tells whether cp1252 was a wrong guess. Raises FileUnreadable when the file does not
    decode as the mark announces.
    """
    file.seek(0)
    start = file.read(_SAMPLE)
    if start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        candidates = ["utf-32"]
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start[1::2].count(0) > len(start) / 8 and not start[::2].count(0):
        candidates = ["utf-16-le"]
    elif start[::2].count(0) > len(start) / 8 and not start[1::2].count(0):
        candidates = ["utf-16-be"]
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    if candidates[-1] == "cp1252":
        # Bytes that cp1252 does not have: decoded for the refusal that shows them.
        return "cp1252"
    raise FileUnreadable


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(1 << 16):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True


_DOUBLE_UTF8 = re.compile("[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|Ã$")
_NEVER = re.compile("[\u0080-\u009f\ufffd]")
_LETTER = r"[^\W\d_]"
# Accents of a Mac or DOS code page, decoded as cp1252.
_WRONG_PAGE = re.compile(
    f"(?:[‚ƒ„†‡ˆ‰‹›•˜™¢£¤¥¦§¨©¬®¯±¶¸¼½¾¿×÷¡µ…]{_LETTER})|(?:{_LETTER}[‚ƒ„†‡ˆ‰‹›•˜¢£¤¥¦§¨¬¯±¶¸¼½¾¿×÷¡µ])"
    f"|(?:{_LETTER}[°²³¹ºª«»“”—™…]{_LETTER})|(?:[a-zß-öø-ÿ][À-ÖØ-ÞŠŒŽŸ])"
)


def garbled(text: str, encoding: str) -> bool:
    """Whether a text was decoded with another code page than it was encoded with."""
    if text.isascii():
        return False
    if _NEVER.search(text) or _DOUBLE_UTF8.search(text):
        return True
    return encoding == "cp1252" and _WRONG_PAGE.search(text) is not None


@dataclass(frozen=True)
class Record:
    """The physical lines from `first` to `last`, nearly always one and the same."""

    first: int
    last: int
    cells: list[str]
    problem: str | None = None
    """A key of REASONS, for a record whose cells cannot be trusted."""
    swallows: bool = False
    """Whether an open quotation mark may have taken in other people's lines."""

    @property
    def lines(self) -> int:
        return self.last - self.first + 1

    @property
    def is_blank(self) -> bool:
        return self.problem is None and not any(self.cells)


def open_text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    errors = "replace" if encoding == "cp1252" else "strict"
    return io.TextIOWrapper(file, encoding, errors=errors, newline="")


def physical_lines(text: io.TextIOWrapper) -> Iterator[str | None]:
    """Each line without its end, be it LF, CRLF or CR; None for a line longer than is allowed."""
    while piece := text.readline(LONGEST_LINE):
        line = piece.rstrip("\r\n")
        if line != piece:
            yield "" if line == _END_OF_FILE else line
        elif len(piece) < LONGEST_LINE:
            yield line.rstrip(_END_OF_FILE)
        else:
            while piece and piece == piece.rstrip("\r\n"):
                piece = text.readline(LONGEST_LINE)
            yield None


def records(lines: Iterator[str | None], separator: str, first: int = 1) -> Iterator[Record]:
    """One record per line, blank lines included; the first has the number `first`."""
    number = first - 1
    for line in lines:
        number += 1
        if line is None:
            yield Record(number, number, [], "line_too_long")
        elif '"' not in line:
            yield Record(number, number, [cell.strip() for cell in line.split(separator)])
        else:
            start, scan = number, _Scan(separator)
            scan.scan(line)
            while scan.open and (following := next(lines, _NO_LINE)) is not _NO_LINE:
                number += 1
                scan.continue_with(following)
            yield scan.record(start, number)


# Compared by identity: no line that is read is this object, whatever its text.
_NO_LINE = "no further line"
# The formula by which spreadsheets keep a text unchanged: ="01".
_FORMULA = re.compile(r'="([^"]*)"')


class _Scan:
    """Scanner of one record with quotation marks: one pass from left to right."""

    def __init__(self, separator: str) -> None:
        self.cells: list[str] = []
        self.open = False
        self._separator = separator
        self._wrong = False
        self._separator_inside = False

    def record(self, first: int, last: int) -> Record:
        if first == last:
            wrong = self._wrong or self.open
            return Record(first, last, [] if wrong else self.cells, "quotes" if wrong else None)
        swallows = self.open or self._wrong or self._separator_inside
        problem = "quote_swallows_lines" if swallows else "several_lines"
        return Record(first, last, [], problem, swallows)

    def scan(self, line: str, at: int = 0) -> None:
        """Append the cells of a line from the index `at` on."""
        while at <= len(line):
            start = at
            while line[start : start + 1] in _PADDING and line[start] != self._separator:
                start += 1
            if line[start : start + 1] == '"':
                closed = self._close(line, start + 1)
                if closed is None:
                    return
                at = self._end_of_cell(line, closed)
            else:
                end = line.find(self._separator, at)
                end = len(line) if end < 0 else end
                cell = line[at:end].strip()
                if formula := _FORMULA.fullmatch(cell):
                    cell = formula[1].strip()
                self._wrong = self._wrong or '"' in cell
                self.cells.append(cell)
                at = end + 1

    def continue_with(self, line: str | None) -> None:
        """Append the next line of a record whose quotation mark is still open."""
        if line is None:
            self._separator_inside = True
            return
        closed = self._close(line, 0)
        if closed is not None:
            self.scan(line, self._end_of_cell(line, closed))

    def _close(self, line: str, start: int) -> int | None:
        """Append the cell up to its closing mark; the index after it, or None if it stays open."""
        at, parts = start, []
        while (mark := line.find('"', at)) >= 0:
            parts.append(line[at:mark])
            if line[mark + 1 : mark + 2] != '"':
                self.cells.append("".join(parts).strip())
                self.open = False
                return mark + 1
            parts.append('"')
            at = mark + 2
        self._separator_inside = self._separator_inside or self._separator in line[start:]
        self.open = True
        return None

    def _end_of_cell(self, line: str, closed: int) -> int:
        end = line.find(self._separator, closed)
        end = len(line) if end < 0 else end
        self._wrong = self._wrong or bool(line[closed:end].strip())
        return end + 1
