"""What subscribers are told of an ended collection: no number below five."""

from hypothesis import given
from hypothesis import strategies as st

from services.responses.collections.rules import Told, told_counts

COUNT = st.integers(0, 8) | st.integers(0, 10_000)


@given(COUNT, COUNT, COUNT)
def test_no_count_below_five_is_told(contributions: int, unread: int, unopened: int) -> None:
    told = told_counts(Told(contributions, min(unread, contributions), unopened))
    assert told.contributions is None or told.contributions >= 5
    assert told.unopened is None or told.unopened >= 5
    assert told.unread is None or told.unread == 0 or told.unread >= 5
    assert told.unread is None or told.contributions is not None


def test_counts_from_five_are_told_as_they_are() -> None:
    assert told_counts(Told(61, 12, 5)) == Told(61, 12, 5)
    assert told_counts(Told(5, 0, 4)) == Told(5, 0, None)
    assert told_counts(Told(5, 4, 0)) == Told(5, None, None)
    assert told_counts(Told(4, 0, 0)) == Told()
