"""Results point at nobody, not even to somebody who subtracts tables and knows the rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.responses.results import rules
from services.responses.results.rules import Group

UP, DOWN = 0, (1 << 16) - 1
YES_NO: dict[str, Any] = {
    "id": "q",
    "kind": "single_choice",
    "options": [{"id": "yes", "label": {"fr": "oui"}}],
    "other": False,
}


def displays(people: int) -> set[int | None]:
    """Every number that may be shown for so many people, whatever the lot."""
    return {rules.shown(Group(people, lot)) for lot in (UP, DOWN)}


def seen(worlds: Iterable[tuple[Any, tuple[int, ...]]]) -> list[list[tuple[int, ...]]]:
    """Worlds that look the same, put together."""
    alike = defaultdict(list)
    for shown, world in worlds:
        alike[shown].append(world)
    return list(alike.values())


def told(alike: list[tuple[int, ...]]) -> list[int]:
    """Parts of one to four people that all worlds which look like this agree on."""
    return [
        place
        for place, values in enumerate(zip(*alike, strict=True))
        if len(set(values)) == 1 and 1 <= values[0] < rules.MINIMUM_CELL
    ]


def divided(
    parts: int, most: int, protect: Callable[..., list[int | None]]
) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """All ways to divide a group whose own count is shown beside its parts', under all lots."""
    for world in product(range(most + 1), repeat=parts):
        for whole in displays(sum(world)):
            for counts in product(*(displays(one) for one in world)):
                yield (whole, tuple(protect(list(counts), rules.may_be(whole)))), world


@pytest.mark.parametrize(("parts", "most"), [(2, 40), (3, 14), (4, 7)])
def test_no_part_of_one_to_four_people_is_told_by_a_group_and_its_parts(
    parts: int, most: int
) -> None:
    for alike in seen(divided(parts, most, rules.protected)):
        # At the edge of what is tried, worlds that would look the same are missing.
        if all(max(world) < most for world in alike):
            assert told(alike) == []


def test_without_the_third_rule_some_would_be_told() -> None:
    bare = seen(divided(4, 7, lambda counts, _: counts))
    assert any(told(alike) for alike in bare if all(max(world) < 7 for world in alike))


def test_no_part_is_told_when_everybody_is_known_exactly() -> None:
    def worlds() -> Iterator[tuple[Any, tuple[int, ...]]]:
        for world in product(range(31), repeat=3):
            everybody = sum(world)
            for counts in product(*(displays(one) for one in world)):
                shown = rules.protected(list(counts), (everybody, everybody))
                yield (everybody, tuple(shown)), world

    for alike in seen(worlds()):
        if all(max(world) < 30 for world in alike):
            assert told(alike) == []


def test_no_cell_of_a_cross_table_is_told_by_it_and_both_margins() -> None:
    most = 14

    def worlds() -> Iterator[tuple[Any, tuple[int, ...]]]:
        for world in product(range(most + 1), repeat=4):
            a, b, c, d = world
            cells = {("yes", "yes"): a, ("yes", "_none"): b, ("_none", "yes"): c}
            cells |= {("_none", "_none"): d}
            for lot in (UP, DOWN):
                margins = [rules.shown(Group(sum_, lot)) for sum_ in (a + b, c + d, a + c, b + d)]
                table = rules.crossed(
                    YES_NO,
                    YES_NO | {"id": "r"},
                    {pair: Group(people, lot) for pair, people in cells.items()},
                    margins[:2],
                    margins[2:],
                )
                yield (tuple(margins), tuple(map(tuple, table))), world

    for alike in seen(worlds()):
        if all(max(world) < most for world in alike):
            assert told(alike) == []


@given(st.integers(0, 10_000), st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_count_is_a_multiple_of_five_near_the_truth_or_not_there(people: int, mark: int) -> None:
    shown = rules.shown(Group(people, mark))
    low, high = rules.may_be(shown)
    assert low <= people <= high
    if shown is None:
        assert people < 5
    else:
        assert shown % 5 == 0
        assert abs(shown - people) <= 4


def test_lots_are_fair_in_the_long_run() -> None:
    counts = [rules.shown(Group(52, lot)) for lot in range(0, 1 << 16, 16)]
    mean = sum(count for count in counts if count) / len(counts)
    assert mean == pytest.approx(52, abs=0.1)


def test_the_same_people_show_the_same_number_in_every_table() -> None:
    assert rules.shown(Group(33, 12_345)) == rules.shown(Group(33, 12_345))


def test_every_option_of_a_question_is_counted_with_no_answer_last() -> None:
    scale = {"id": "s", "kind": "scale", "low": 1, "high": 3}
    assert [id for id, _ in rules.options(scale)] == ["1", "2", "3", "_none"]
    assert rules.options({"id": "t", "kind": "free_text"}) == []
    choice = YES_NO | {"other": True}
    assert [id for id, _ in rules.options(choice)] == ["yes", "_other", "_none"]


def test_what_cannot_be_crossed_is_said_with_what_can() -> None:
    known = rules.countable([YES_NO, {"id": "t", "kind": "free_text"}])
    with pytest.raises(rules.NotCounted) as refused:
        rules.refuse_unless_crossable("q", "t", known)
    assert refused.value.way_out_message("en") == "Questions that can be crossed: q."
    with pytest.raises(rules.SameQuestion):
        rules.refuse_unless_crossable("q", "q", known)
