"""How spreadsheets cut a file into cells, whatever separator and quotes they expect."""

import csv
import io
import re
from collections.abc import Iterator

SEPARATORS = ";,\t|"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# Programs drop blanks, quotes and invisible characters in front of a formula.
DROPPED = ' "\u00a0\u200b\u2060\ufeff\v\f'


def formulas(text: str) -> list[str]:
    """The cells that some program would take for a formula. Numbers are none."""
    return [cell for cell in _cells(text) if _begins_like_one(cell)]


def _cells(text: str) -> Iterator[str]:
    for separator in SEPARATORS:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(
                io.StringIO(text, newline=""), delimiter=separator, quoting=quoting
            ):
                yield from row
    # Programs that end a row at each line break, in quotes or not.
    for line in re.split("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text):
        for separator in SEPARATORS:
            yield from line.split(separator)


def _begins_like_one(cell: str) -> bool:
    if NUMBER.fullmatch(cell):
        return False
    return cell.startswith(("\t", "\r")) or cell.lstrip(DROPPED).startswith(tuple("=+-@＝＋－＠"))
