"""The invitation's page offers nothing that is refused, and refuses nothing that it offers."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.campaigns.credentials import rules as credentials
from services.campaigns.invitations.rules import Act, Invitation, Standing
from services.runtime.refusal import Refusal

RECRUITS, COLLECTS = date(2027, 1, 23), date(2027, 2, 22)
DAYS = [
    last + timedelta(days=days) for last in (RECRUITS, COLLECTS) for days in (-1, 0, 1)
]  # fmt: skip
# A participation belongs to an accepted invitation, and every accepted one has a participation.
ANSWERED = [
    *((state, None) for state in ("ordered", "sent", "not_sent", "expired", "cancelled")),
    ("declined", None),
    *(("accepted", participation) for participation in ("joined", "waitlisted", "left")),
]
PROJECTS = ("open", "recruited", "collected", "reporting", "closed")
MEMBERS = ("active", "paused", "suspended", "left", "expired", "merged", "erased", None)
PROJECT = UUID(int=2)
REQUEST = b"r" * 32

EVERYTHING = [
    (
        Invitation(
            id=UUID(int=1),
            project_id=PROJECT,
            member_id=UUID(int=3),
            state=state,
            participation=participation,
            project_version=1,
            project_state=project,
            recruitment_ends_on=RECRUITS,
            collection_ends_on=COLLECTS,
            free_places=places,
            member_status=member,
            issuing_stopped=stopped,
            credential_taken=taken,
        ),
        today,
    )
    for (state, participation), project, today, member, places, stopped, taken in product(
        ANSWERED, PROJECTS, DAYS, MEMBERS, (None, 0, 3), (False, True), (False, True)
    )
]


def refusal_of(invitation: Invitation, act: Act, today: date) -> Refusal | None:
    """Why the rules refuse it, by whichever service would be asked."""
    try:
        match act:
            case Act.ACCEPT:
                invitation.accept(today)
            case Act.DECLINE:
                invitation.decline(today)
            case Act.LEAVE:
                invitation.leave()
            case Act.ANSWER:
                assert invitation.participation is not None
                credentials.Standing(
                    project_id=PROJECT,
                    participation=invitation.participation,
                    project_state=invitation.project_state,
                    collection_ends_on=invitation.collection_ends_on,
                    issuing_stopped=invitation.issuing_stopped,
                    request_hash=REQUEST if invitation.credential_taken else None,
                ).must_be_given(PROJECT, REQUEST, today)
    except Refusal as refusal:
        return refusal
    return None


def test_whatever_is_offered_in_any_state_on_any_day_is_accepted() -> None:
    offered = 0
    for invitation, today in EVERYTHING:
        for act in invitation.acts(today):
            refusal = refusal_of(invitation, act, today)
            assert refusal is None, (invitation, today, act, refusal)
            offered += 1
    assert offered > 1000


def test_members_are_offered_all_that_they_may_do() -> None:
    """No voice is lost: on the last day still, and with recruitment over."""
    for invitation, today in EVERYTHING:
        if invitation.member_status not in ("active", "paused", "suspended"):
            continue
        acts = invitation.acts(today)
        if invitation.participation is None:
            assert (Act.ACCEPT in acts) == (refusal_of(invitation, Act.ACCEPT, today) is None)
            assert (Act.DECLINE in acts) == (refusal_of(invitation, Act.DECLINE, today) is None)
        elif invitation.participation == "joined":
            assert (Act.ANSWER in acts) == (refusal_of(invitation, Act.ANSWER, today) is None)
            assert (Act.LEAVE in acts) == (invitation.project_state != "closed")


@pytest.mark.parametrize(
    ("changes", "today", "standing"),
    [
        ({"state": "sent"}, RECRUITS, Standing.INVITED),
        ({"state": "sent"}, RECRUITS + timedelta(days=1), Standing.MISSED),
        ({"participation": "joined"}, COLLECTS + timedelta(days=1), Standing.JOINED),
        ({"participation": "waitlisted"}, RECRUITS, Standing.WAITING),
        ({"participation": "waitlisted"}, RECRUITS + timedelta(days=1), Standing.NOT_PLACED),
        ({"participation": "left"}, RECRUITS, Standing.LEFT),
        ({"state": "declined"}, COLLECTS, Standing.DECLINED),
        ({"state": "cancelled"}, RECRUITS, Standing.CLOSED),
        ({"state": "cancelled", "member_status": "left"}, RECRUITS, Standing.NO_MEMBER),
        ({"state": "cancelled", "member_status": "merged"}, RECRUITS, Standing.REPLACED),
        ({"participation": "left", "member_status": "erased"}, RECRUITS, Standing.NO_MEMBER),
    ],
)
def test_the_page_says_how_a_member_stands(
    changes: dict[str, str], today: date, standing: Standing
) -> None:
    invitation, _ = EVERYTHING[0]
    usual = {"member_status": "active", "project_state": "open"}
    accepted = {"state": "accepted"} if "participation" in changes else {}
    changed = replace(invitation, **{**usual, **accepted, **changes})  # type: ignore[arg-type]
    assert changed.standing(today) is standing
