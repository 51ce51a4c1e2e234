"""CSV tables in which no text becomes a formula, whichever separator a spreadsheet splits at.

French spreadsheets split at semicolons, others at tabs or bars, and some do not follow a quoted
text across a line break. So a text is protected where it begins and after every separator inside it
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

_SEPARATORS = ";,|\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Programs drop blanks, quotes and invisible characters in front of a formula.
_DROPPED = (
    '\\s"\\x00-\\x1f\\x7f-\\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff'
    "\U000e0000-\U000e007f"
)
# The wide forms are formulas to some programs too.
_FORMULA = "=+\\-@＝＋－＠"
# A run from a separator to its next character, whichever that is: no run is matched twice.
_BEGINNING = re.compile(f"((?:\\A|[{_SEPARATORS}])[{_SEPARATORS}{_DROPPED}]*)([{_FORMULA}]?)")
# A tab or a return may begin a cell, after a separator or in quotes there.
_BLANK_BEGINS = re.compile(
    f'((?:\\A|[{_SEPARATORS}])"+)(?=[\t\r])|[{_SEPARATORS.replace(chr(9), "")}](?=\t)'
)
# The quote that ends a text would begin a cell there, with the end of the row in it.
_OPEN_END = re.compile(f'[{_SEPARATORS}]"*\\Z')
_PLAIN = re.compile(r"(?:[\w-]+(?: [\w-]+)*)?")
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def escape_formulas(text: str) -> str:
    """`text` with an apostrophe wherever a spreadsheet could see the beginning of a formula."""
    protected = _BEGINNING.sub(lambda run: f"{run[1]}'{run[2]}" if run[2] else run[1], text)
    protected = _BLANK_BEGINS.sub(r"\g<0>'", protected)
    return f"'{protected}" if protected.startswith(("\t", "\r", "\n")) else protected


def formula_safe_json(value: Any) -> str:
    """JSON that `escape_formulas` leaves alone: escape sequences keep the value the same."""

    def escaped(text: re.Match[str]) -> str:
        return _BEGINNING.sub(
            lambda run: run[1] + (f"\\u{ord(run[2]):04x}" if run[2] else ""), text[0]
        )

    return _JSON_TEXT.sub(escaped, orjson.dumps(value).decode())


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Lines of RFC 4180. Every text is quoted, except words, identifiers and dates."""
    return "".join(",".join(map(_encode, row)) + "\r\n" for row in rows)


def _encode(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    # Files are opened in terminals too.
    text = escape_formulas(clean(cell))
    if _OPEN_END.search(text):
        text += "'"
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'
