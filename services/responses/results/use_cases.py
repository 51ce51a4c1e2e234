"""Results of an ended collection, with the disclosure control of `rules`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.contracts.http.questionnaires import Words
from services.contracts.http.results import CrossTable, OptionCount, QuestionResult, ResultsView
from services.responses.collections import store as collections
from services.responses.collections.rules import MINIMUM_CELL, Collection
from services.responses.results import rules, store
from services.responses.results.rules import Group, Question
from services.responses.results.store import QuestionKind
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class _Countable:
    """An ended collection, its contributions by participants, and its countable questions."""

    collection: Collection
    contributions: int
    questions: dict[str, Question]


async def read_results(conn: Connection, project_id: UUID) -> ResultsView:
    """Every countable question by itself. Raises NotFound, NotEnded."""
    countable = await _find_countable(conn, project_id)
    groups = await _count_options(conn, project_id, list(countable.questions.values()))
    return ResultsView(
        project_id=project_id,
        title=countable.collection.title,
        contributions=countable.contributions,
        minimum_cell=MINIMUM_CELL,
        questions=[
            _question_result(question, groups[id], countable.contributions)
            for id, question in countable.questions.items()
        ],
    )


async def cross_questions(
    conn: Connection, project_id: UUID, rows: str, columns: str
) -> CrossTable:
    """Two questions against each other. Raises NotFound, NotEnded, NotCounted, SameQuestion."""
    countable = await _find_countable(conn, project_id)
    rules.refuse_unless_crossable(rows, columns, countable.questions)
    row_question, column_question = countable.questions[rows], countable.questions[columns]
    groups = await _count_options(conn, project_id, [row_question, column_question])
    row_result = _question_result(row_question, groups[rows], countable.contributions)
    column_result = _question_result(column_question, groups[columns], countable.contributions)
    cells = await store.cross_options(conn, project_id, _kind(row_question), _kind(column_question))
    return CrossTable(
        project_id=project_id,
        title=countable.collection.title,
        rows=row_result,
        columns=column_result,
        counts=rules.cross_table(
            row_question,
            column_question,
            cells,
            [option.count for option in row_result.options],
            [option.count for option in column_result.options],
        ),
        minimum_cell=MINIMUM_CELL,
    )


async def _find_countable(conn: Connection, project_id: UUID) -> _Countable:
    collection = await collections.find_collection(conn, project_id)
    if not collection.has_ended:
        raise rules.NotEnded
    assert collection.questionnaire is not None
    return _Countable(
        collection,
        await store.count_contributions(conn, collection.project_id),
        rules.countable(collection.questionnaire["questions"]),
    )


async def _count_options(
    conn: Connection, project_id: UUID, questions: Sequence[Question]
) -> Mapping[str, Mapping[str, Group]]:
    return await store.count_options(conn, project_id, [_kind(each) for each in questions])


def _kind(question: Question) -> QuestionKind:
    return QuestionKind(question["id"], question["kind"])


def _question_result(
    question: Question, groups: Mapping[str, Group], participants: int
) -> QuestionResult:
    counts = rules.option_counts(question, groups, participants)
    return QuestionResult(
        id=question["id"],
        kind=question["kind"],
        text=Words.model_validate(question["text"]),
        answered=rules.rounded(groups.get(rules.ANSWERED, rules.NOBODY)),
        options=[
            OptionCount(id=id, label=Words.model_validate(label), count=count)
            for (id, label), count in zip(rules.options(question), counts, strict=True)
        ],
    )
