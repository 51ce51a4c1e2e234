"""The public counts of an ended collection: none from one to four."""

from hypothesis import given
from hypothesis import strategies as st

from services.responses.collections.rules import PublicCounts, public_counts

COUNT = st.integers(0, 8) | st.integers(0, 10_000)


@given(COUNT, COUNT, COUNT)
def test_no_count_below_five_is_published(contributions: int, unread: int, unopened: int) -> None:
    public = public_counts(PublicCounts(contributions, min(unread, contributions), unopened))
    assert public.contributions is None or public.contributions >= 5
    assert public.unopened is None or public.unopened >= 5
    assert public.unread is None or public.unread == 0 or public.unread >= 5
    assert public.unread is None or public.contributions is not None


def test_counts_from_five_are_published_unchanged() -> None:
    assert public_counts(PublicCounts(61, 12, 5)) == PublicCounts(61, 12, 5)
    assert public_counts(PublicCounts(5, 0, 4)) == PublicCounts(5, 0, None)
    assert public_counts(PublicCounts(5, 4, 0)) == PublicCounts(5, None, None)
    assert public_counts(PublicCounts(4, 0, 0)) == PublicCounts()
