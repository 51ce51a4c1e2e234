"""The invitation's page offers exactly the acts that succeed."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.campaigns.credentials import rules as credentials
from services.campaigns.invitations.rules import (
    Act,
    Invitation,
    InvitationState,
    InvitationStatus,
    MemberStatus,
)
from services.campaigns.participations.rules import ParticipationState
from services.campaigns.projects.rules import Phase
from services.runtime.refusal import Refusal

RECRUITS, COLLECTS = date(2027, 1, 23), date(2027, 2, 22)
DAYS = [
    last + timedelta(days=days) for last in (RECRUITS, COLLECTS) for days in (-1, 0, 1)
]  # fmt: skip
# A participation belongs to an accepted invitation, and every accepted one has a participation.
STATES: list[tuple[InvitationState, ParticipationState | None]] = [
    *((state, None) for state in InvitationState if state is not InvitationState.ACCEPTED),
    *((InvitationState.ACCEPTED, participation) for participation in ParticipationState),
]
PHASES = (Phase.OPEN, Phase.RECRUITED, Phase.COLLECTED, Phase.REPORTING, Phase.CLOSED)
MEMBERS = (*MemberStatus, None)
PROJECT = UUID(int=2)
REQUEST = b"r" * 32

CASES = [
    (
        Invitation(
            id=UUID(int=1),
            project_id=PROJECT,
            member_id=UUID(int=3),
            state=state,
            participation=participation,
            project_version=1,
            project_state=phase,
            recruitment_ends_on=RECRUITS,
            collection_ends_on=COLLECTS,
            free_places=places,
            member_status=member,
            issuing_stopped=stopped,
            credential_taken=taken,
        ),
        today,
    )
    for (state, participation), phase, today, member, places, stopped, taken in product(
        STATES, PHASES, DAYS, MEMBERS, (None, 0, 3), (False, True), (False, True)
    )
]


def refusal_of(invitation: Invitation, act: Act, today: date) -> Refusal | None:
    """Refusal of the act by the rules that decide it."""
    try:
        match act:
            case Act.ACCEPT:
                invitation.accept(today)
            case Act.DECLINE:
                invitation.decline(today)
            case Act.LEAVE:
                invitation.leave()
            case Act.RESPOND:
                assert invitation.participation is not None
                credentials.Applicant(
                    project_id=PROJECT,
                    participation=invitation.participation,
                    project_state=invitation.project_state,
                    collection_ends_on=invitation.collection_ends_on,
                    issuing_stopped=invitation.issuing_stopped,
                    request_hash=REQUEST if invitation.credential_taken else None,
                ).is_first_request(PROJECT, REQUEST, today)
    except Refusal as refusal:
        return refusal
    return None


def test_each_offered_act_succeeds_in_any_state_on_any_day() -> None:
    offered = 0
    for invitation, today in CASES:
        for act in invitation.acts(today):
            refusal = refusal_of(invitation, act, today)
            assert refusal is None, (invitation, today, act, refusal)
            offered += 1
    assert offered > 1000


def test_the_page_offers_every_possible_act() -> None:
    """No voice is lost, on the last day and after recruitment either."""
    for invitation, today in CASES:
        if invitation.member_status not in ("active", "paused", "suspended"):
            continue
        acts = invitation.acts(today)
        if invitation.participation is None:
            assert (Act.ACCEPT in acts) == (refusal_of(invitation, Act.ACCEPT, today) is None)
            assert (Act.DECLINE in acts) == (refusal_of(invitation, Act.DECLINE, today) is None)
        elif invitation.participation == "joined":
            assert (Act.RESPOND in acts) == (refusal_of(invitation, Act.RESPOND, today) is None)
            assert (Act.LEAVE in acts) == (invitation.project_state != "closed")


@pytest.mark.parametrize(
    ("changes", "today", "status"),
    [
        ({"state": "sent"}, RECRUITS, InvitationStatus.INVITED),
        ({"state": "sent"}, RECRUITS + timedelta(days=1), InvitationStatus.MISSED),
        ({"participation": "joined"}, COLLECTS + timedelta(days=1), InvitationStatus.JOINED),
        ({"participation": "waitlisted"}, RECRUITS, InvitationStatus.WAITING),
        (
            {"participation": "waitlisted"},
            RECRUITS + timedelta(days=1),
            InvitationStatus.NOT_PLACED,
        ),
        ({"participation": "left"}, RECRUITS, InvitationStatus.LEFT),
        ({"state": "declined"}, COLLECTS, InvitationStatus.DECLINED),
        ({"state": "cancelled"}, RECRUITS, InvitationStatus.CLOSED),
        ({"state": "cancelled", "member_status": "left"}, RECRUITS, InvitationStatus.NO_MEMBER),
        ({"state": "cancelled", "member_status": "merged"}, RECRUITS, InvitationStatus.REPLACED),
        (
            {"participation": "left", "member_status": "erased"},
            RECRUITS,
            InvitationStatus.NO_MEMBER,
        ),
    ],
)
def test_the_page_shows_the_situation_of_the_member(
    changes: dict[str, str], today: date, status: InvitationStatus
) -> None:
    invitation, _ = CASES[0]
    usual = {"member_status": "active", "project_state": Phase.OPEN}
    accepted = {"state": "accepted"} if "participation" in changes else {}
    changed = replace(invitation, **{**usual, **accepted, **changes})  # type: ignore[arg-type]
    assert changed.status(today) is status
