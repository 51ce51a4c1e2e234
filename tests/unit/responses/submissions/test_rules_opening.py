"""When sealed answers may be opened, over all states a project can be in."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.responses.collections.rules import Collection
from services.responses.submissions.rules_opening import Verdict, Waiting, verdict

TODAY = date(2026, 11, 24)
NOBODY = UUID(int=0)

COLLECTIONS = st.builds(
    lambda state, issued, floor, reached: Collection(
        project_id=NOBODY,
        version=2,
        title="",
        state="ready",
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


def reached(held: Collection, waiting: Waiting) -> bool:
    told = max(waiting.received, held.credentials_issued or 0)
    return bool(held.floor_reached) or told >= held.anonymity_floor


@st.composite
def waitings(draw: st.DrawFn) -> Waiting:
    received = draw(st.integers(0, 60))
    return Waiting(received, draw(st.integers(0, received)))


@given(COLLECTIONS, waitings())
def test_below_the_floor_nothing_is_opened_unless_all_agreed(
    held: Collection, waiting: Waiting
) -> None:
    if not reached(held, waiting):
        assert verdict(held, waiting) is not Verdict.OPEN


@given(COLLECTIONS, waitings())
def test_nothing_is_opened_while_a_credential_can_be_had(
    held: Collection, waiting: Waiting
) -> None:
    if held.project_state in ("open", "recruited"):
        assert verdict(held, waiting) is Verdict.WAIT


@given(COLLECTIONS, waitings())
def test_at_the_end_nothing_above_the_floor_stays_sealed(
    held: Collection, waiting: Waiting
) -> None:
    if held.project_is_over and reached(held, waiting) and waiting.sealed:
        assert verdict(held, waiting) is Verdict.OPEN
