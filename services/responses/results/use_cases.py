"""Results of an ended collection, as `domain.results` lets them be shown."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.contracts.http.questionnaires import Words
from services.contracts.http.results import CrossTable, OptionCount, QuestionResult, ResultsView
from services.responses.collections import store as collections
from services.responses.collections.rules import Collection
from services.responses.results import rules, store
from services.responses.results.rules import Group, Question
from services.runtime.postgres.database import Connection


async def results(conn: Connection, project_id: UUID) -> ResultsView:
    """Every question that can be counted, by itself. Raises NotFound, NotEnded."""
    held, known = await _ended(conn, project_id)
    everybody, counted = await _counted(conn, held, list(known.values()))
    return ResultsView(
        project_id=project_id,
        title=held.title,
        contributions=everybody,
        minimum_cell=rules.MINIMUM_CELL,
        questions=[_result(question, counted[id], everybody) for id, question in known.items()],
    )


async def cross(conn: Connection, project_id: UUID, rows: str, columns: str) -> CrossTable:
    """Two questions against each other. Raises NotFound, NotEnded, NotCounted, SameQuestion."""
    held, known = await _ended(conn, project_id)
    rules.refuse_unless_crossable(rows, columns, known)
    down, across = known[rows], known[columns]
    everybody, counted = await _counted(conn, held, [down, across])
    by_row = _result(down, counted[rows], everybody)
    by_column = _result(across, counted[columns], everybody)
    cells = await store.cross_options(
        conn, project_id, (rows, down["kind"]), (columns, across["kind"])
    )
    return CrossTable(
        project_id=project_id,
        title=held.title,
        rows=by_row,
        columns=by_column,
        counts=rules.crossed(
            down,
            across,
            cells,
            [option.count for option in by_row.options],
            [option.count for option in by_column.options],
        ),
        minimum_cell=rules.MINIMUM_CELL,
    )


async def _ended(conn: Connection, project_id: UUID) -> tuple[Collection, dict[str, Question]]:
    held = await collections.collection(conn, project_id)
    if held.state not in ("ended", "synthesised"):
        raise rules.NotEnded
    assert held.questionnaire is not None
    return held, rules.countable(held.questionnaire["questions"])


async def _counted(
    conn: Connection, held: Collection, questions: Sequence[Question]
) -> tuple[int, Mapping[str, Mapping[str, Group]]]:
    kinds = [(question["id"], question["kind"]) for question in questions]
    return (
        await store.count_answered(conn, held.project_id),
        await store.count_options(conn, held.project_id, kinds),
    )


def _result(question: Question, groups: Mapping[str, Group], everybody: int) -> QuestionResult:
    counts = rules.counts(question, groups, everybody)
    return QuestionResult(
        id=question["id"],
        kind=question["kind"],
        text=Words.model_validate(question["text"]),
        answered=rules.shown(groups.get(rules.ANSWERED, rules.NOBODY)),
        options=[
            OptionCount(id=id, label=Words.model_validate(label), count=count)
            for (id, label), count in zip(rules.options(question), counts, strict=True)
        ],
    )
