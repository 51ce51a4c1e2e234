"""Tables as CSV: no text becomes a formula, whichever separator a spreadsheet cuts the file at.

French spreadsheets cut at semicolons, others at tabs or bars, and some do not follow a quoted text
across a line break. So a text is protected where it begins and behind every such place inside it
(OWASP, CSV injection). CSV has no types: an apostrophe says that a text begins. Numbers, which no
person wrote, stay numbers; what needs the exact text takes JSON.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import orjson

from services.contracts.characters import clean

Cell: TypeAlias = str | int | float | None

BYTE_ORDER_MARK = "\ufeff"  # makes spreadsheets read UTF-8

_CUTS = ";,|\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Programs drop blanks, quotes and invisible characters in front of a formula.
_DROPPED = (
    '\\s"\\x00-\\x1f\\x7f-\\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff'
    "\U000e0000-\U000e007f"
)
# The wide forms are formulas to some programs too.
_FORMULA = "=+\\-@＝＋－＠"
# One run from a cut to what follows it, whatever follows: no run is looked at twice.
_BEGINNING = re.compile(f"((?:\\A|[{_CUTS}])[{_CUTS}{_DROPPED}]*)([{_FORMULA}]?)")
# A tab or a return may begin a cell, behind a cut or in quotes there.
_BLANK_BEGINS = re.compile(f'((?:\\A|[{_CUTS}])"+)(?=[\t\r])|[{_CUTS.replace(chr(9), "")}](?=\t)')
# The quote that ends a text would begin a cell there, with the end of the row in it.
_OPEN_END = re.compile(f'[{_CUTS}]"*\\Z')
_PLAIN = re.compile(r"(?:[\w-]+(?: [\w-]+)*)?")
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def harmless(text: str) -> str:
    """`text` with an apostrophe wherever a spreadsheet could see the beginning of a formula."""
    protected = _BEGINNING.sub(lambda run: f"{run[1]}'{run[2]}" if run[2] else run[1], text)
    protected = _BLANK_BEGINS.sub(r"\g<0>'", protected)
    return f"'{protected}" if protected.startswith(("\t", "\r", "\n")) else protected


def formula_safe_json(value: Any) -> str:
    """JSON that `harmless` leaves alone: escapes stand for the signs, so the data is the same."""

    def escaped(text: re.Match[str]) -> str:
        return _BEGINNING.sub(
            lambda run: run[1] + (f"\\u{ord(run[2]):04x}" if run[2] else ""), text[0]
        )

    return _JSON_TEXT.sub(escaped, orjson.dumps(value).decode())


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Lines of RFC 4180. Every text is quoted but words, identifiers and dates."""
    return "".join(",".join(map(_written, row)) + "\r\n" for row in rows)


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    # Files are looked at in terminals too.
    text = harmless(clean(cell))
    if _OPEN_END.search(text):
        text += "'"
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'
