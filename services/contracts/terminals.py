"""Standard output and error of staff's programs, under any encoding.

A terminal without UTF-8 (a container without a locale, an old ssh client) gets the nearest
characters that it has, never a traceback. Python's own report of an unexpected error
is treated like any other text: messages of errors quote user-supplied text.
"""

import codecs
import sys
import traceback
import unicodedata
from io import TextIOWrapper
from types import TracebackType

from services.contracts.characters import shown

_ERRORS = "panel-nearest"
_ERRORS_IN_COLUMNS = "panel-nearest-in-columns"
_UNKNOWN = "?"
# The nearest in ASCII of characters that have no decomposition.
_NEAREST = {
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‹": "<", "›": ">", "–": "-", "—": "-", "‑": "-", "−": "-", "×": "x", "·": "-", "•": "*",
    "…": "...", "€": "EUR", "°": "o", "≤": "<=", "≥": ">=", "→": "->", "←": "<-", "↑": "^",
    "↓": "v", "✓": "+", "✔": "+", "✕": "x", "✗": "x", "●": "*", "◌": "o", "○": "o", "▸": ">",
    "▶": ">", "¦": "|",
}  # fmt: skip
# In a grid of columns a longer replacement would move the rest of the line.
_IN_ONE_COLUMN = {"…": ".", "→": ">", "←": "<", "≤": "<", "≥": ">", "€": "E"}
_BOXES = {**dict.fromkeys("─━═╌┄┈╶╴╸╺", "-"), **dict.fromkeys("│┃║╎┆┊╵╷╹╻", "|")}
_FIRST_BOX, _LAST_BOX = "\u2500", "\u257f"
_BARS = "▁▂▃▄▅▆▇█"
_BARS_IN_ASCII = "__..-=##"


def prepare_streams(in_columns: bool = False) -> None:
    """Set up standard output and error, before the first output.

    `in_columns`: for a full-screen application, whose every character has its place.
    """
    codecs.register_error(_ERRORS, _nearest)
    codecs.register_error(_ERRORS_IN_COLUMNS, _nearest_in_columns)
    for stream in {id(s): s for s in (sys.stdout, sys.stderr, sys.__stderr__)}.values():
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS_IN_COLUMNS if in_columns else _ERRORS)
    sys.excepthook = _show_error


def in_ascii(character: str) -> str:
    """The nearest ASCII characters; a question mark where there are none."""
    if character in _NEAREST:
        return _NEAREST[character]
    if _FIRST_BOX <= character <= _LAST_BOX:
        return _BOXES.get(character, "+")
    if character in _BARS:
        return _BARS_IN_ASCII[_BARS.index(character)]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if plain:
        return plain
    return "" if unicodedata.combining(character) else _UNKNOWN


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    failed = error.object[error.start : error.end]
    return "".join(map(in_ascii, failed)), error.end


def _nearest_in_columns(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_its_columns, error.object[error.start : error.end])), error.end


def _in_its_columns(character: str) -> str:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return ""
    width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
    nearest = _IN_ONE_COLUMN.get(character) or in_ascii(character)
    return nearest[:width].ljust(width, _UNKNOWN)


def _show_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    sys.stderr.write(shown("".join(traceback.format_exception(kind, error, trace))))
