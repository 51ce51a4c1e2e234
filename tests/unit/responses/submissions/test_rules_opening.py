"""When sealed responses may be opened, over all states of a project."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.responses.collections.rules import Collection, CollectionPhase, ResponseCounts
from services.responses.submissions.rules_opening import Opening, decide_opening

TODAY = date(2026, 11, 24)
NOBODY = UUID(int=0)

COLLECTIONS = st.builds(
    lambda state, issued, floor, reached: Collection(
        project_id=NOBODY,
        version=2,
        title="",
        state=CollectionPhase.READY,
        project_state=state,
        mandate={},
        recruitment_ends_on=TODAY,
        collection_ends_on=TODAY,
        credential_key={},
        credentials_issued=issued,
        floor_reached=reached,
        anonymity_floor=floor,
        preview_id=NOBODY,
        opened_on=None,
        questionnaire_version=1,
        questionnaire={},
        readings_wanted=1,
        synthesised_by=None,
        synthesised_on=None,
    ),
    st.sampled_from(["open", "recruited", "collected", "reporting", "closed"]),
    st.none() | st.integers(0, 60),
    st.integers(1, 30),
    st.none() | st.booleans(),
)


def reaches_floor(collection: Collection, counts: ResponseCounts) -> bool:
    participants = max(counts.received, collection.credentials_issued or 0)
    return bool(collection.floor_reached) or participants >= collection.anonymity_floor


@st.composite
def response_counts(draw: st.DrawFn) -> ResponseCounts:
    received = draw(st.integers(0, 60))
    return ResponseCounts(received, draw(st.integers(0, received)), opened=0)


@given(COLLECTIONS, response_counts())
def test_below_the_floor_nothing_is_opened_unless_all_agreed(
    collection: Collection, counts: ResponseCounts
) -> None:
    if not reaches_floor(collection, counts):
        assert decide_opening(collection, counts) is not Opening.OPEN


@given(COLLECTIONS, response_counts())
def test_nothing_is_opened_while_a_credential_can_be_obtained(
    collection: Collection, counts: ResponseCounts
) -> None:
    if collection.project_state in ("open", "recruited"):
        assert decide_opening(collection, counts) is Opening.WAIT


@given(COLLECTIONS, response_counts())
def test_at_the_end_nothing_above_the_floor_stays_sealed(
    collection: Collection, counts: ResponseCounts
) -> None:
    if collection.project_is_over and reaches_floor(collection, counts) and counts.sealed:
        assert decide_opening(collection, counts) is Opening.OPEN
