"""Counts that point at nobody, also when tables are subtracted from each other.

Three rules, and no exact count anywhere (docs/decisions/0012):

1. Fewer than five people, nobody among them, are not shown.
2. Every other count is shown as a multiple of five beside it, up or down by a lot drawn from who
   is counted: the same people show the same number in every table, so asking again tells nothing
   more, and a difference of two tables is off by up to eight.
3. Where options divide a group, none of its parts is shown if the group is so small that all of
   them might be hidden, or if what is shown leaves a hidden one no room from 0 to 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.runtime.refusal import Refusal
from services.runtime.text import Text

MINIMUM_CELL = 5
_OFF_BY = MINIMUM_CELL - 1
_LOTS = 1 << 16

OTHER, ANSWERED, NONE = "_other", "_answered", "_none"
# Kinds whose options divide those who were asked: each person has exactly one.
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
        fr="Les résultats se lisent une fois le recueil terminé.",
        en="Results are there once the collection has ended.",
    )
    way_out = Text(
        fr="D'ici là, lisez les contributions : des nombres qui grandissent de jour en jour"
        " diraient qui a répondu quand.",
        en="Until then, read the contributions: numbers that grow day by day would tell who"
        " answered when.",
    )


class NotCounted(Refusal):
    status = 422
    sentence = Text(
        fr="La question « {question} » ne se compte pas : elle n'existe pas, ou demande un texte.",
        en="Question “{question}” is not counted: it does not exist, or asks for a text.",
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
    """How many people, and a mark of who they are together."""

    people: int
    mark: int


NOBODY = Group(0, 0)


def shown(group: Group) -> int | None:
    """Rules 1 and 2: None, or a multiple of five at most four away."""
    if group.people < MINIMUM_CELL:
        return None
    above = group.people % MINIMUM_CELL
    lot = (group.mark % _LOTS) / _LOTS
    return group.people - above + (MINIMUM_CELL if lot * MINIMUM_CELL < above else 0)


def may_be(count: int | None) -> tuple[int, int]:
    """The least and the most people that a shown count can stand for."""
    if count is None:
        return 0, _OFF_BY
    return max(MINIMUM_CELL, count - _OFF_BY), count + _OFF_BY


def protected(parts: Sequence[int | None], whole: tuple[int, int]) -> list[int | None]:
    """Rule 3, for parts that divide a group of which `whole` says the least and the most people:
    all of them, or none."""
    least_whole, most_whole = whole
    if least_whole < len(parts) * _OFF_BY + MINIMUM_CELL:
        return [None] * len(parts)
    if None not in parts:
        return list(parts)
    ranges = [may_be(part) for part in parts]
    least, most = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    roomy = most - _OFF_BY >= least_whole and least + _OFF_BY <= most_whole
    return list(parts) if roomy else [None] * len(parts)


def options(question: Question) -> list[tuple[str, dict[str, Any]]]:
    """Ids and labels of what is counted for a question, those that nobody chose too."""
    match question["kind"]:
        case "free_text":
            return []
        case "scale":
            steps = range(question["low"], question["high"] + 1)
            found = [(str(step), {"fr": str(step), "en": str(step)}) for step in steps]
        case "document_test":
            found = [(mark, _label(text)) for mark, text in _MARKS.items()]
        case _:
            found = [(option["id"], option["label"]) for option in question["options"]]
    if question.get("other"):
        found.append((OTHER, _label(_OTHER)))
    return [*found, (NONE, _label(_NONE))]


def divides(question: Question) -> bool:
    """Whether each person counts for exactly one option. An own answer beside a choice is none."""
    return question["kind"] in _DIVIDING


def counts(question: Question, groups: Mapping[str, Group], everybody: int) -> list[int | None]:
    """In the order of `options`; `everybody` who could answer is known to all."""
    found = [shown(groups.get(id, NOBODY)) for id, _ in options(question)]
    return protected(found, (everybody, everybody)) if divides(question) else found


def crossed(
    rows: Question,
    columns: Question,
    cells: Mapping[tuple[str, str], Group],
    row_counts: Sequence[int | None],
    column_counts: Sequence[int | None],
) -> list[list[int | None]]:
    """Rule 3 along each row that a question divides, then down each column."""
    table = [
        [shown(cells.get((row, column), NOBODY)) for column, _ in options(columns)]
        for row, _ in options(rows)
    ]
    # A row hidden for its own sake may leave a column no room, and the other way round.
    while True:
        before = [list(row) for row in table]
        if divides(columns):
            table = [
                protected(row, may_be(count)) for row, count in zip(table, row_counts, strict=True)
            ]
        if divides(rows):
            turned = [
                protected(column, may_be(count))
                for column, count in zip(_turned(table), column_counts, strict=True)
            ]
            table = _turned(turned)
        if table == before:
            return table


def countable(questions: Iterable[Question]) -> dict[str, Question]:
    return {question["id"]: question for question in questions if options(question)}


def refuse_unless_crossable(rows: str, columns: str, known: Mapping[str, Question]) -> None:
    """Raises NotCounted, SameQuestion."""
    for question in (rows, columns):
        if question not in known:
            raise NotCounted(question=question, known=", ".join(known))
    if rows == columns:
        raise SameQuestion


def _label(text: Text) -> dict[str, Any]:
    return {"fr": text.fr, "en": text.en}


def _turned(table: Sequence[Sequence[int | None]]) -> list[list[int | None]]:
    return [list(column) for column in zip(*table, strict=True)]
