"""Cells of a file as people meant them."""

import re
import unicodedata

from services.registry.members.addresses import INVISIBLE

# Longest excerpt of a cell that a refusal or a report shows.
EXCERPT_LENGTH = 40
_FORMULA = re.compile(r'="([^"]*)"')
_MARKS = ("'", "=")


def clean(cell: str) -> str:
    """A cell without characters that cannot be meant: invisible ones, and marks of spreadsheets."""
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


def joined(*parts: str) -> str:
    """A name from its parts, with single blanks."""
    return " ".join(" ".join(parts).split())
