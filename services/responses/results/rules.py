"""Disclosure control: counts identify nobody, also when tables are subtracted from each other.

Three rules, and no exact count anywhere (docs/decisions/0012):

1. Primary suppression: counts below five, zero included, are not published.
2. Random rounding: every other count becomes a neighbouring multiple of five, up or down by a draw
   that depends on the people counted. The same people give the same number in every table, so
   repeated queries reveal nothing more, and a difference of two tables is off by up to eight.
3. Secondary suppression: where options divide a group, all of its parts are suppressed if the group
   is so small that all of them might be, or if the published ones leave a suppressed part less
   room than 0 to 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.responses.collections.rules import MINIMUM_CELL
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_LARGEST_ROUNDING = MINIMUM_CELL - 1
_DRAWS = 1 << 16

OTHER, ANSWERED, NONE = "_other", "_answered", "_none"
# Kinds of question to which each participant gives exactly one option.
_DIVIDING = ("single_choice", "scale", "ranking")
_MARKS = {
    "clear": Text(fr="clair", en="clear"),
    "unclear": Text(fr="pas clair", en="unclear"),
    "missing": Text(fr="manque", en="missing"),
}
_OTHER = Text(fr="Autre réponse", en="Another answer")
_NONE = Text(fr="Sans réponse", en="No answer")

Question: TypeAlias = Mapping[str, Any]


class NotEnded(Refusal):
    sentence = Text(
        fr="Les résultats sont disponibles une fois le recueil terminé.",
        en="Results are available once the collection has ended.",
    )
    way_out = Text(
        fr="D'ici là, lisez les contributions : des nombres qui grandissent de jour en jour"
        " révéleraient qui a répondu quand.",
        en="Until then, read the contributions: numbers that grow day by day would reveal who"
        " responded when.",
    )


class NotCounted(Refusal):
    status = 422
    sentence = Text(
        fr="La question « {question} » ne se compte pas : elle n'existe pas, ou demande un texte"
        " libre.",
        en="Question “{question}” is not counted: it does not exist, or asks for free text.",
    )
    way_out = Text(
        fr="Questions qui se croisent : {known}.", en="Questions that can be crossed: {known}."
    )


class SameQuestion(Refusal):
    status = 422
    sentence = Text(
        fr="Une question ne se croise pas avec elle-même.",
        en="A question is not crossed with itself.",
    )


@dataclass(frozen=True)
class Group:
    """A number of participants, and a fingerprint of the group that they form."""

    people: int
    fingerprint: int


NOBODY = Group(0, 0)


def rounded(group: Group) -> int | None:
    """Rules 1 and 2: None, or a multiple of five at most four away."""
    if group.people < MINIMUM_CELL:
        return None
    remainder = group.people % MINIMUM_CELL
    draw = (group.fingerprint % _DRAWS) / _DRAWS
    return group.people - remainder + (MINIMUM_CELL if draw * MINIMUM_CELL < remainder else 0)


def possible_range(count: int | None) -> tuple[int, int]:
    """The smallest and the largest group that a published count can stand for."""
    if count is None:
        return 0, _LARGEST_ROUNDING
    return max(MINIMUM_CELL, count - _LARGEST_ROUNDING), count + _LARGEST_ROUNDING


def suppress_parts(parts: Sequence[int | None], whole: tuple[int, int]) -> list[int | None]:
    """Rule 3: all parts of a group, or none of them.

    `whole`: the smallest and the largest possible size of the group."""
    smallest_whole, largest_whole = whole
    if smallest_whole < len(parts) * _LARGEST_ROUNDING + MINIMUM_CELL:
        return [None] * len(parts)
    if None not in parts:
        return list(parts)
    ranges = [possible_range(part) for part in parts]
    smallest_sum = sum(low for low, _ in ranges)
    largest_sum = sum(high for _, high in ranges)
    has_room = (
        largest_sum - _LARGEST_ROUNDING >= smallest_whole
        and smallest_sum + _LARGEST_ROUNDING <= largest_whole
    )
    return list(parts) if has_room else [None] * len(parts)


def options(question: Question) -> list[tuple[str, dict[str, Any]]]:
    """Ids and labels of the counted options of a question, chosen or not."""
    match question["kind"]:
        case "free_text":
            return []
        case "scale":
            steps = range(question["low"], question["high"] + 1)
            choices = [(str(step), {"fr": str(step), "en": str(step)}) for step in steps]
        case "document_test":
            choices = [(mark, _label(text)) for mark, text in _MARKS.items()]
        case _:
            choices = [(option["id"], option["label"]) for option in question["options"]]
    if question.get("other"):
        choices.append((OTHER, _label(_OTHER)))
    return [*choices, (NONE, _label(_NONE))]


def divides(question: Question) -> bool:
    """Whether each participant counts for exactly one option."""
    return question["kind"] in _DIVIDING


def option_counts(
    question: Question, groups: Mapping[str, Group], participants: int
) -> list[int | None]:
    """In the order of `options`; the number of participants is public."""
    counts = [rounded(groups.get(id, NOBODY)) for id, _ in options(question)]
    if not divides(question):
        return counts
    return suppress_parts(counts, (participants, participants))


def cross_table(
    rows: Question,
    columns: Question,
    cells: Mapping[tuple[str, str], Group],
    row_counts: Sequence[int | None],
    column_counts: Sequence[int | None],
) -> list[list[int | None]]:
    """Apply rule 3 along each row that a question divides, then down each column."""
    table = [
        [rounded(cells.get((row, column), NOBODY)) for column, _ in options(columns)]
        for row, _ in options(rows)
    ]
    # Suppressing a row may leave a column too little room, and the other way round.
    while True:
        previous = [list(row) for row in table]
        if divides(columns):
            table = [
                suppress_parts(row, possible_range(count))
                for row, count in zip(table, row_counts, strict=True)
            ]
        if divides(rows):
            transposed = [
                suppress_parts(column, possible_range(count))
                for column, count in zip(_transposed(table), column_counts, strict=True)
            ]
            table = _transposed(transposed)
        if table == previous:
            return table


def countable(questions: Iterable[Question]) -> dict[str, Question]:
    return {question["id"]: question for question in questions if options(question)}


def refuse_unless_crossable(rows: str, columns: str, questions: Mapping[str, Question]) -> None:
    """Raises NotCounted, SameQuestion."""
    for question in (rows, columns):
        if question not in questions:
            raise NotCounted(question=question, known=", ".join(questions))
    if rows == columns:
        raise SameQuestion


def _label(text: Text) -> dict[str, Any]:
    return {"fr": text.fr, "en": text.en}


def _transposed(table: Sequence[Sequence[int | None]]) -> list[list[int | None]]:
    return [list(column) for column in zip(*table, strict=True)]
