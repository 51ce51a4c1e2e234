"""The method note shows no small number, whatever the events hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.reports.rules.method import MINIMUM_CELL, method_of, public_count

counts = st.none() | st.integers(0, 20)


@given(asked=counts, joined=counts, issued=counts, contributions=counts, unread=counts)
def test_no_number_below_the_minimum_cell_is_in_the_method_note(
    asked: int | None,
    joined: int | None,
    issued: int | None,
    contributions: int | None,
    unread: int | None,
) -> None:
    method = method_of(
        {"asked": asked, "joined": joined, "credentials_issued": issued},
        {"contributions": contributions, "unread": unread, "attention": {"coverage": 1.0}},
    )
    for name in ("asked", "joined", "credentials_issued", "contributions", "unopened", "read"):
        assert method[name] is None or method[name] >= MINIMUM_CELL
    if public_count(contributions) is None:
        assert method["attention"] is None


@pytest.mark.parametrize("state", ["ended", "synthesised"])
def test_numbers_that_responses_leaves_out_are_fewer_than_five(state: str) -> None:
    few = method_of({"floor_reached": False}, {"state": state})
    assert few["too_small"] == ["contributions", "credentials_issued", "unopened"]
    issued = {"floor_reached": True, "credentials_issued": 20}
    enough = method_of(issued, {"state": state, "contributions": 12})
    assert (enough["contributions"], enough["all_read"], enough["read"]) == (12, False, None)
    assert enough["too_small"] == ["unread"]
    all_read = method_of(issued, {"state": state, "contributions": 12, "unread": 0})
    assert (all_read["all_read"], all_read["read"], all_read["too_small"]) == (True, 12, [])
    assert method_of({}, {"state": "ready"})["too_small"] == []


COUNTS = st.none() | st.integers(0, 12) | st.integers(0, 10_000)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_no_figure_of_people_is_small_nor_had_by_subtraction(
    asked: int | None,
    joined: int | None,
    issued: int | None,
    contributions: int | None,
    unread: int | None,
    unopened: int | None,
) -> None:
    if contributions is not None and unread is not None:
        unread = min(unread, contributions)
    method = method_of(
        {"asked": asked, "joined": joined, "credentials_issued": issued},
        {"contributions": contributions, "unread": unread, "unopened": unopened},
    )
    counts = [
        value
        for name, value in method.items()
        if isinstance(value, int) and not isinstance(value, bool) and name != "draws"
    ]
    assert all(count >= MINIMUM_CELL for count in counts)
    if method["read"] is not None:
        unread_count = method["contributions"] - method["read"]
        assert unread_count == 0 or unread_count >= MINIMUM_CELL
    assert "unread" not in method
