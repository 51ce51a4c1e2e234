"""No text that a person wrote becomes a formula, whatever separator a spreadsheet expects."""

import csv
import io
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from services.contracts.characters import clean
from services.runtime.csv_tables import Cell, csv_lines, escape_formulas, formula_safe_json
from tests.support.spreadsheets import formulas

ROOT = Path(__file__).parents[3]
CASE = ROOT / "tests/cases/33-csv-formula-after-another-separator/answers.json"
ALPHABET = list("=+-@＝;,|\t\r\n \"'ax1\u00a0\u200b\u2028\v")
WROTE: list[str] = json.loads(CASE.read_text(encoding="utf-8"))


def hostile_texts(number: int) -> list[str]:
    chance = Random(33)
    return ["".join(chance.choices(ALPHABET, k=chance.randint(0, 12))) for _ in range(number)]


@pytest.mark.parametrize("text", WROTE)
def test_an_answer_runs_in_no_spreadsheet(text: str) -> None:
    table = csv_lines([["id", text, 3], ["id", "x", text]])
    assert formulas(table) == []


def test_no_mixture_of_separators_quotes_and_breaks_makes_a_formula() -> None:
    texts = hostile_texts(6_000)
    rows: list[list[Cell]] = [[*texts[at : at + 3], -4] for at in range(0, len(texts), 3)]
    assert formulas(csv_lines(rows)) == []


def test_a_program_that_reads_rfc_4180_gets_every_row_and_every_cell() -> None:
    texts = hostile_texts(3_000)
    rows: list[list[Cell]] = [[text, None, -1, 2.5] for text in texts]
    parsed = list(csv.reader(io.StringIO(csv_lines(rows), newline="")))
    assert len(parsed) == len(rows)
    for (cell, *further_cells), text in zip(parsed, texts, strict=True):
        assert cell.removesuffix("'") == escape_formulas(clean(text)).removesuffix("'")
        assert further_cells == ["", "-1", "2.5"]


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_only_where_a_cell_may_begin_is_an_apostrophe_put(start: str) -> None:
    assert escape_formulas(f"{start}1") == f"'{start}1"
    assert escape_formulas(f"1{start}") == f"1{start}"
    assert escape_formulas("de 3-4 jours, au 01-02 @ midi") == "de 3-4 jours, au 01-02 @ midi"
    assert escape_formulas("ligne 1\r\nligne 2") == "ligne 1\r\nligne 2"
    assert escape_formulas(escape_formulas(f"a;{start}1")) == escape_formulas(f"a;{start}1")


@pytest.mark.parametrize("unseen", ["\u00ad", "\u061c", "\u180e", "\u202e", "\u2066", "\U000e0020"])
def test_characters_that_nobody_sees_hide_no_formula(unseen: str) -> None:
    assert escape_formulas(f"{unseen}=1") == f"{unseen}'=1"
    assert escape_formulas(f"a;{unseen}=1") == f"a;{unseen}'=1"


def test_numbers_stay_numbers() -> None:
    assert csv_lines([["note", -3, 0.5, "-3"]]) == 'note,-3,0.5,"\'-3"\r\n'


def test_answers_in_json_are_the_same_data_and_no_formula() -> None:
    for text in [*WROTE, *hostile_texts(500)]:
        answers: dict[str, Any] = {"q": text, "c": {"chosen": ["a", text], "other": text}, "n": -2}
        cell = formula_safe_json(answers)
        assert json.loads(cell) == answers
        assert escape_formulas(cell) == cell
        assert formulas(csv_lines([["id", cell, "x"]])) == []


@pytest.mark.parametrize("run", ["\t", ";", " ", '"', "\n", "\u200b"])
def test_a_long_run_is_looked_at_once(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that no formula follows is one match, not one for each of its characters."""
    from services.runtime import csv_tables

    text = "x;" + run * 10_000 + "x"
    assert sum(1 for _ in csv_tables._BEGINNING.finditer(text)) <= 2


def test_no_other_code_of_the_product_writes_csv() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("services", "panel", "console", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"csv\.(Dict)?[wW]riter", path.read_text(encoding="utf-8"))
    ]
    # A list of licences, and invented members to be imported: no words of people.
    assert sorted(writers) == ["deploy/demo/people.py", "deploy/generate/licences.py"]
