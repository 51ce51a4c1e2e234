"""Results of a questionnaire: counts and cross-tables that single nobody out.

Every count stands for a group and is a multiple of five; fewer than five is absent, nobody among
them. The same group shows the same number wherever it appears.
"""

from typing import Literal
from uuid import UUID

from services.contracts.http import View
from services.contracts.http.questionnaires import Words


class OptionCount(View):
    """`count` is absent below five, or where a sum would reveal it."""

    id: str
    label: Words
    count: int | None


class QuestionResult(View):
    """Of choices, scales (an option for each step), rankings (how often first) and marks of a
    document (how many readers made one). Free text is read, not counted: it has no options.
    Options end with an own answer where the question allows one, and with no answer."""

    id: str
    kind: str
    text: Words
    answered: int | None
    options: list[OptionCount]


class ResultsView(View):
    """Only of an ended collection: growing numbers could be subtracted day by day."""

    project_id: UUID
    title: str
    contributions: int
    minimum_cell: int
    questions: list[QuestionResult]


class CrossTable(View):
    """`counts[row][column]`, rows and columns being the options of two questions."""

    project_id: UUID
    title: str
    rows: QuestionResult
    columns: QuestionResult
    counts: list[list[int | None]]
    minimum_cell: int


ExportFormat = Literal["csv", "json", "xlsx"]
