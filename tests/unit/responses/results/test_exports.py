"""Exported files hold the exact texts, and no cell is a formula in any program."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from defusedxml import ElementTree

from services.contracts.http.questionnaires import Words
from services.contracts.http.results import CrossTable, OptionCount, QuestionResult, ResultsView
from services.responses.results import exports
from services.responses.results.exports import Table
from services.responses.results.store import ExportedContribution
from tests.support.spreadsheets import formulas

CASE = Path(__file__).parents[3] / "cases/33-csv-formula-after-another-separator/answers.json"
TEXTS: list[str] = json.loads(CASE.read_text(encoding="utf-8"))
PROJECT = UUID(int=1)
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def question(
    text: str, kind: str = "single_choice", labels: tuple[str, ...] = ()
) -> QuestionResult:
    options = [
        OptionCount(id=f"o{number}", label=Words(fr=label, en=label), count=number * 5)
        for number, label in enumerate(labels or (text, text))
    ]
    return QuestionResult(id="q", kind=kind, text=Words(fr=text), answered=10, options=options)


SCALE = question("Note", "scale", ("-2", "-1", "No answer"))


def tables(text: str) -> list[Table]:
    text_question = question(text)
    answers = {"q": text, "choice": {"chosen": [], "other": text}}
    fields: dict[str, Any] = dict.fromkeys(ExportedContribution.__dataclass_fields__, "fr")
    fields |= {"id": uuid4(), "origin": "answer", "on_day": date(2026, 6, 1), "hidden": False}
    fields |= {"title": text, "words": text, "answers": answers}
    return [
        exports.contributions_table([ExportedContribution(**fields)] * 2, "fr"),
        exports.results_table(
            ResultsView(
                project_id=PROJECT,
                title=text,
                contributions=10,
                minimum_cell=5,
                questions=[text_question, SCALE],
            ),
            "fr",
        ),
        exports.cross_table(
            CrossTable(
                project_id=PROJECT,
                title=text,
                rows=text_question,
                columns=SCALE,
                counts=[[5, None, 5], [10, 0, 5]],
                minimum_cell=5,
            ),
            "en",
        ),
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_no_file_holds_a_formula_under_any_separator(text: str) -> None:
    for table in tables(text):
        assert formulas(exports.as_csv(table).decode("utf-8-sig")) == []


def test_the_steps_of_a_scale_are_numbers_in_every_file() -> None:
    _, results, cross = tables("Avis")
    assert "Note,-2,0" in exports.as_csv(results).decode("utf-8-sig")
    assert '"Avis × Note",-2,-1,No answer' in exports.as_csv(cross).decode("utf-8-sig")


@pytest.mark.parametrize("text", TEXTS)
def test_a_workbook_holds_the_exact_text_and_no_formula(text: str) -> None:
    for table in tables(text):
        with zipfile.ZipFile(io.BytesIO(exports.as_xlsx(table))) as book:
            sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert not list(sheet.iter(f"{_SHEET}f"))
        assert text in {"".join(cell.itertext()) for cell in sheet.iter(f"{_SHEET}c")}
