"""Disclosure control of results holds even against subtracted tables and known rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.responses.collections.rules import MINIMUM_CELL
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
    """Every count that may be published for so many people, whatever the draw."""
    return {rules.rounded(Group(people, draw)) for draw in (UP, DOWN)}


def group_by_publication(
    worlds: Iterable[tuple[Any, tuple[int, ...]]],
) -> list[list[tuple[int, ...]]]:
    """Groups of worlds whose published counts are the same."""
    groups = defaultdict(list)
    for published, world in worlds:
        groups[published].append(world)
    return list(groups.values())


def disclosed(group: list[tuple[int, ...]]) -> list[int]:
    """Parts of one to four people on which all worlds of a group agree."""
    return [
        part
        for part, values in enumerate(zip(*group, strict=True))
        if len(set(values)) == 1 and 1 <= values[0] < MINIMUM_CELL
    ]


def divided(
    parts: int, largest: int, protect: Callable[..., list[int | None]]
) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """All ways to divide a group whose own count is published with those of its parts."""
    for world in product(range(largest + 1), repeat=parts):
        for whole in displays(sum(world)):
            for counts in product(*(displays(part) for part in world)):
                yield (whole, tuple(protect(list(counts), rules.possible_range(whole)))), world


@pytest.mark.parametrize(("parts", "largest"), [(2, 40), (3, 14), (4, 7)])
def test_a_group_and_its_parts_disclose_no_part_of_one_to_four_people(
    parts: int, largest: int
) -> None:
    for group in group_by_publication(divided(parts, largest, rules.suppress_parts)):
        # At the edge of the enumeration, worlds with the same publication are missing.
        if all(max(world) < largest for world in group):
            assert disclosed(group) == []


def test_without_the_third_rule_some_would_be_disclosed() -> None:
    groups = group_by_publication(divided(4, 7, lambda counts, _: counts))
    assert any(disclosed(group) for group in groups if all(max(world) < 7 for world in group))


def test_no_part_is_disclosed_when_the_number_of_participants_is_public() -> None:
    def worlds() -> Iterator[tuple[Any, tuple[int, ...]]]:
        for world in product(range(31), repeat=3):
            participants = sum(world)
            for counts in product(*(displays(part) for part in world)):
                published = rules.suppress_parts(list(counts), (participants, participants))
                yield (participants, tuple(published)), world

    for group in group_by_publication(worlds()):
        if all(max(world) < 30 for world in group):
            assert disclosed(group) == []


def test_a_cross_table_and_its_margins_disclose_no_cell() -> None:
    largest = 14

    def worlds() -> Iterator[tuple[Any, tuple[int, ...]]]:
        for world in product(range(largest + 1), repeat=4):
            a, b, c, d = world
            cells = {("yes", "yes"): a, ("yes", "_none"): b, ("_none", "yes"): c}
            cells |= {("_none", "_none"): d}
            for draw in (UP, DOWN):
                margins = [
                    rules.rounded(Group(sum_, draw)) for sum_ in (a + b, c + d, a + c, b + d)
                ]
                table = rules.cross_table(
                    YES_NO,
                    YES_NO | {"id": "r"},
                    {pair: Group(people, draw) for pair, people in cells.items()},
                    margins[:2],
                    margins[2:],
                )
                yield (tuple(margins), tuple(map(tuple, table))), world

    for group in group_by_publication(worlds()):
        if all(max(world) < largest for world in group):
            assert disclosed(group) == []


@given(st.integers(0, 10_000), st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_count_is_a_multiple_of_five_near_the_truth_or_suppressed(
    people: int, fingerprint: int
) -> None:
    count = rules.rounded(Group(people, fingerprint))
    low, high = rules.possible_range(count)
    assert low <= people <= high
    if count is None:
        assert people < 5
    else:
        assert count % 5 == 0
        assert abs(count - people) <= 4


def test_draws_are_fair_in_the_long_run() -> None:
    counts = [rules.rounded(Group(52, draw)) for draw in range(0, 1 << 16, 16)]
    mean = sum(count for count in counts if count) / len(counts)
    assert mean == pytest.approx(52, abs=0.1)


def test_the_same_people_have_the_same_count_in_every_table() -> None:
    assert rules.rounded(Group(33, 12_345)) == rules.rounded(Group(33, 12_345))


def test_every_option_of_a_question_is_counted_with_no_answer_last() -> None:
    scale = {"id": "s", "kind": "scale", "low": 1, "high": 3}
    assert [id for id, _ in rules.options(scale)] == ["1", "2", "3", "_none"]
    assert rules.options({"id": "t", "kind": "free_text"}) == []
    choice = YES_NO | {"other": True}
    assert [id for id, _ in rules.options(choice)] == ["yes", "_other", "_none"]


def test_a_refusal_to_cross_names_the_questions_that_can_be_crossed() -> None:
    questions = rules.countable([YES_NO, {"id": "t", "kind": "free_text"}])
    with pytest.raises(rules.NotCounted) as refused:
        rules.refuse_unless_crossable("q", "t", questions)
    assert refused.value.way_out_message("en") == "Questions that can be crossed: q."
    with pytest.raises(rules.SameQuestion):
        rules.refuse_unless_crossable("q", "q", questions)
