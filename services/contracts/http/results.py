"""Results of a questionnaire over HTTP: counts and cross-tables that point at nobody."""

from typing import Literal
from uuid import UUID

from services.contracts.http import View
from services.contracts.http.questionnaires import Words


class OptionCount(View):
    """`count` is absent where showing it would point at few people."""

    id: str
    label: Words
    count: int | None


class QuestionResult(View):
    """Of choices, scales (an option for each step), rankings (how often first) and marks of a
    document. Free text is read, not counted: it has no options."""

    id: str
    kind: str
    text: Words
    answered: int | None
    options: list[OptionCount]


class ResultsView(View):
    """Only of an ended collection: numbers that grow could be told apart day by day."""

    project_id: UUID
    title: str
    contributions: int
    minimum_cell: int
    questions: list[QuestionResult]


class CrossTable(View):
    """`counts[row][column]`; absent where showing it would point at few people, directly or by
    subtracting what is shown elsewhere."""

    project_id: UUID
    rows: QuestionResult
    columns: QuestionResult
    counts: list[list[int | None]]
    minimum_cell: int


ExportFormat = Literal["csv", "json", "ods"]
