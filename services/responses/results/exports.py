"""Tables as files: CSV for any program, XLSX for spreadsheets, JSON for other software.

A text that begins like a formula stays a text in every program: `runtime.csv_tables` escapes it in
CSV, which has no types; XLSX stores the type of each cell.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import xlsxwriter

from services.contracts.http.results import CrossTable, ExportFormat, QuestionResult, ResultsView
from services.responses.results.store import ExportedContribution
from services.runtime.csv_tables import BYTE_ORDER_MARK, Cell, csv_lines, formula_safe_json
from services.runtime.text import Language, Text

Table: TypeAlias = Sequence[Sequence[Cell]]

MEDIA_TYPES: dict[ExportFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Excel's limit, in characters; a longer text continues in the cells to its right.
_LONGEST_CELL = 32_767
_FEW = Text(fr="moins de {n}", en="fewer than {n}")
_QUESTION, _OPTION, _PEOPLE = (
    Text(fr="Question", en="Question"),
    Text(fr="Réponse", en="Answer"),
    Text(fr="Personnes (multiple de cinq)", en="People (multiple of five)"),
)
_COLUMNS = (
    Text(fr="Identifiant", en="Id"),
    Text(fr="Origine", en="Origin"),
    Text(fr="Titre", en="Title"),
    Text(fr="Ouverte le", en="Opened on"),
    Text(fr="Masquée", en="Hidden"),
    Text(fr="Réponses (JSON)", en="Answers (JSON)"),
    Text(fr="Texte", en="Text"),
)


def results_table(results: ResultsView, language: Language) -> Table:
    few = _FEW.in_(language, n=results.minimum_cell)
    head = [text.in_(language) for text in (_QUESTION, _OPTION, _PEOPLE)]
    return [head] + [
        [_question_text(question, language), _option(question, index, language), _count(count, few)]
        for question in results.questions
        for index, count in enumerate(option.count for option in question.options)
    ]


def cross_table(table: CrossTable, language: Language) -> Table:
    few = _FEW.in_(language, n=table.minimum_cell)
    rows, columns = table.rows, table.columns
    corner = f"{_question_text(rows, language)} × {_question_text(columns, language)}"
    head: list[Cell] = [
        corner,
        *(_option(columns, index, language) for index in range(len(columns.options))),
    ]
    return [head] + [
        [_option(rows, index, language), *(_count(count, few) for count in counts)]
        for index, counts in enumerate(table.counts)
    ]


def contributions_table(contributions: Iterable[ExportedContribution], language: Language) -> Table:
    head: list[Cell] = [text.in_(language) for text in _COLUMNS]
    return [head] + [
        [
            str(contribution.id),
            contribution.origin,
            contribution.title or "",
            contribution.on_day.isoformat(),
            int(contribution.hidden),
            formula_safe_json(contribution.answers),
            contribution.words,
        ]
        for contribution in contributions
    ]


def as_csv(table: Table) -> bytes:
    return (BYTE_ORDER_MARK + csv_lines(table)).encode()


def as_xlsx(table: Table) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(table):
            column = 0
            for cell in row:
                for part in _parts(cell):
                    if isinstance(part, int | float):
                        sheet.write_number(number, column, part)
                    else:
                        sheet.write_string(number, column, part)
                    column += 1
    return file.getvalue()


def _parts(cell: Cell) -> list[str | int | float]:
    if isinstance(cell, int | float):
        return [cell]
    text = cell or ""
    return [
        text[start : start + _LONGEST_CELL] for start in range(0, max(1, len(text)), _LONGEST_CELL)
    ]


def _count(count: int | None, few: str) -> Cell:
    return few if count is None else count


def _question_text(question: QuestionResult, language: Language) -> str:
    return (question.text.en if language == "en" else None) or question.text.fr


def _option(question: QuestionResult, index: int, language: Language) -> Cell:
    """A number for a step of a scale, which may be negative; a text for any other option."""
    label = _label(question, index, language)
    step = question.kind == "scale" and re.fullmatch(r"-?\d+", label)
    return int(label) if step else label


def _label(question: QuestionResult, index: int, language: Language) -> str:
    label = question.options[index].label
    return (label.en if language == "en" else None) or label.fr
