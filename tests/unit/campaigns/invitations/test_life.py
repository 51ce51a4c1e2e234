"""The life of an invitation, under any sequence of acts and days."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.campaigns.invitations.rules import Invitation, InvitationState, MemberStatus
from services.campaigns.participations.rules import ParticipationState
from services.campaigns.projects.rules import Phase
from services.runtime.refusal import Refusal

TODAY = date(2026, 11, 24)


class InvitationLife(RuleBasedStateMachine):
    """A member replies once, while the project recruits, and can leave at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.today = TODAY
        self.replies = 0
        self.invitation = Invitation(
            id=UUID(int=1),
            project_id=UUID(int=2),
            member_id=UUID(int=3),
            state=InvitationState.ORDERED,
            participation=None,
            project_version=1,
            project_state=Phase.OPEN,
            recruitment_ends_on=TODAY + timedelta(days=10),
            collection_ends_on=TODAY + timedelta(days=20),
            free_places=1,
            member_status=MemberStatus.ACTIVE,
            issuing_stopped=False,
            credential_taken=False,
        )

    @rule()
    def send(self) -> None:
        if self.invitation.state == InvitationState.ORDERED:
            self.invitation = replace(self.invitation, state=InvitationState.SENT)

    @rule(days=st.integers(1, 4))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(free=st.sampled_from([None, 0, 1]))
    def places_change(self, free: int | None) -> None:
        self.invitation = replace(self.invitation, free_places=free)

    @rule()
    def accept(self) -> None:
        was_open = self.invitation.closed_because(self.today) is None
        try:
            participation = self.invitation.accept(self.today)
        except Refusal:
            assert not was_open
            return
        assert was_open
        assert (participation == "waitlisted") == (self.invitation.free_places == 0)
        self.replies += 1
        self.invitation = replace(
            self.invitation, state=InvitationState.ACCEPTED, participation=participation
        )

    @rule()
    def decline(self) -> None:
        try:
            self.invitation.decline(self.today)
        except Refusal:
            return
        self.replies += 1
        self.invitation = replace(self.invitation, state=InvitationState.DECLINED)

    @precondition(lambda self: self.invitation.participation in ("joined", "waitlisted"))
    @rule()
    def leave(self) -> None:
        self.invitation.leave()
        self.invitation = replace(self.invitation, participation=ParticipationState.LEFT)

    @invariant()
    def at_most_one_reply(self) -> None:
        assert self.replies <= 1
        if self.today > self.invitation.recruitment_ends_on:
            assert self.invitation.closed_because(self.today) is not None


test_invitation_life = InvitationLife.TestCase
