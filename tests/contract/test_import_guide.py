"""The guide on imports is complete: columns, codes, dates."""

import re
from pathlib import Path

import pytest

from services.contracts.codes import AGE_BANDS, DIGITAL, plain
from services.registry.imports.csv.columns import COLUMNS, REQUIRED
from services.registry.imports.csv.dates import DateRefused, parse_date

GUIDE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text()
_TABLE = [
    [cell.strip() for cell in row.split("|")[1:-1]]
    for row in GUIDE.splitlines()
    if row.startswith("| ")
]
ROWS = [row for row in _TABLE if len(row) == 4 and row[0] != "column"]


def names(row: list[str]) -> list[str]:
    return [name for name in re.split(r", |; else ", row[1]) if name]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_column_name_of_the_guide_is_recognised(row: list[str]) -> None:
    columns = {COLUMNS[plain(name)] for name in names(row)}
    assert len(columns - {"department"}) == 1
    needed = row[2] == "yes"
    assert needed == bool(columns & set(REQUIRED))


def test_the_guide_names_every_column() -> None:
    assert {COLUMNS[plain(name)] for row in ROWS for name in names(row)} == set(COLUMNS.values())


def test_the_guide_names_every_code_of_age_and_of_digital_ease() -> None:
    for code in (*AGE_BANDS, *DIGITAL):
        assert f"`{code}`" in GUIDE


def test_dates_are_accepted_and_refused_as_the_guide_states() -> None:
    section = GUIDE.partition("## Dates")[2].partition("\n## ")[0]
    accepted, _, refused = section.partition("Refused,")
    spellings = re.findall(r"`([^`]+)`", accepted)
    assert len(spellings) == 9
    for text in spellings:
        day = parse_date(text).civil_day("Europe/Paris")
        assert (day.year, day.month, day.day) == (2026, 1, 15)
    for text in re.findall(r"`(46037|01/15/2026)`", refused):
        with pytest.raises(DateRefused):
            parse_date(text)
