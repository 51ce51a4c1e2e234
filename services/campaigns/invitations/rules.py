"""Invitations: the choices that are still open to a member, and their effect."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.campaigns.participations.rules import (
    OTHER_INVITATIONS,
    AlreadyLeft,
    NotParticipating,
    ParticipationState,
)
from services.campaigns.projects.rules import Phase
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class AlreadyDeclined(Refusal):
    sentence = Text(
        fr="Vous avez déjà décliné cette invitation.",
        en="You have already declined this invitation.",
    )
    way_out = OTHER_INVITATIONS


class AlreadyAccepted(Refusal):
    sentence = Text(
        fr="Vous avez déjà accepté cette invitation.",
        en="You have already accepted this invitation.",
    )
    way_out = Text(
        fr="Pour ne plus participer, choisissez « Ne plus participer » sur la page de"
        " l'invitation.",
        en="To stop taking part, choose “Stop taking part” on the invitation's page.",
    )


class InvitationClosed(Refusal):
    sentence = Text(
        fr="Cette invitation n'est plus valable.", en="This invitation is no longer valid."
    )
    way_out = OTHER_INVITATIONS


class RecruitmentIsOver(Refusal):
    sentence = Text(
        fr="Le recrutement de ce projet est terminé.", en="Recruitment for this project is over."
    )
    way_out = OTHER_INVITATIONS


class InvitationState(StrEnum):
    ORDERED = "ordered"
    SENT = "sent"
    NOT_SENT = "not_sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class InvitationStatus(StrEnum):
    """A member's situation in one project, as the invitation's page shows it."""

    INVITED = "invited"
    JOINED = "joined"
    WAITING = "waiting"
    # The waiting list ended with recruitment, and no place became free.
    NOT_PLACED = "not_placed"
    DECLINED = "declined"
    LEFT = "left"
    # Recruitment ended before any reply.
    MISSED = "missed"
    CLOSED = "closed"
    # The member left the panel, or the membership expired.
    NO_MEMBER = "no_member"
    # Two identities were merged, and the survivor has an invitation of its own.
    REPLACED = "replaced"


class Act(StrEnum):
    """Acts that the invitation's page offers to a member."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RESPOND = "respond"
    LEAVE = "leave"


class MemberStatus(StrEnum):
    """Status that registry publishes of a member."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    LEFT = "left"
    EXPIRED = "expired"
    MERGED = "merged"
    ERASED = "erased"


_FORMER_MEMBER = (MemberStatus.LEFT, MemberStatus.EXPIRED, MemberStatus.ERASED)


@dataclass(frozen=True)
class Invitation:
    """One member asked to join one project, with all that decides the open choices; as stored."""

    id: UUID
    project_id: UUID
    member_id: UUID
    state: InvitationState
    participation: ParticipationState | None
    project_version: int
    project_state: Phase
    recruitment_ends_on: date
    collection_ends_on: date
    free_places: int | None
    member_status: MemberStatus | None
    issuing_stopped: bool
    credential_taken: bool

    @property
    def is_open(self) -> bool:
        # The delivery outcome may arrive after the member's click.
        return self.state in (InvitationState.ORDERED, InvitationState.SENT)

    def recruits(self, today: date) -> bool:
        return self.project_state == Phase.OPEN and today <= self.recruitment_ends_on

    def collects(self, today: date) -> bool:
        """Whether participants may respond; the last day counts."""
        return (
            self.project_state in (Phase.OPEN, Phase.RECRUITED) and today <= self.collection_ends_on
        )

    def status(self, today: date) -> InvitationStatus:
        if self.member_status in _FORMER_MEMBER:
            return InvitationStatus.NO_MEMBER
        if self.member_status == MemberStatus.MERGED:
            return InvitationStatus.REPLACED
        match self.participation, self.state:
            case (ParticipationState.JOINED, _):
                return InvitationStatus.JOINED
            case (ParticipationState.WAITLISTED, _):
                recruits = self.recruits(today)
                return InvitationStatus.WAITING if recruits else InvitationStatus.NOT_PLACED
            case (ParticipationState.LEFT, _):
                return InvitationStatus.LEFT
            case (_, InvitationState.DECLINED):
                return InvitationStatus.DECLINED
        if not self.recruits(today):
            return InvitationStatus.MISSED
        return InvitationStatus.INVITED if self.is_open else InvitationStatus.CLOSED

    def acts(self, today: date) -> frozenset[Act]:
        """Acts that the page offers: each of them succeeds on the same day."""
        match self.status(today):
            case InvitationStatus.INVITED:
                return frozenset({Act.ACCEPT, Act.DECLINE})
            case InvitationStatus.JOINED:
                leave = {Act.LEAVE} if self.project_state != Phase.CLOSED else set[Act]()
                return frozenset(leave | ({Act.RESPOND} if self.may_respond(today) else set()))
            case InvitationStatus.WAITING:
                return frozenset({Act.LEAVE})
            case _:
                return frozenset()

    def may_respond(self, today: date) -> bool:
        """Whether the participant can obtain a credential, or has one already."""
        obtainable = self.credential_taken or not self.issuing_stopped
        return (
            self.participation == ParticipationState.JOINED and self.collects(today) and obtainable
        )

    def closed_because(self, today: date) -> Refusal | None:
        """Why it can no longer be accepted or declined, or None while it can."""
        if self.participation == ParticipationState.LEFT:
            return AlreadyLeft()
        if self.state == InvitationState.ACCEPTED:
            return AlreadyAccepted()
        if self.state == InvitationState.DECLINED:
            return AlreadyDeclined()
        if not self.recruits(today):
            return RecruitmentIsOver()
        return None if self.is_open else InvitationClosed()

    def accept(self, today: date) -> ParticipationState:
        """JOINED, or WAITLISTED when all places are taken. Raises the reason it is closed."""
        self._must_be_open(today)
        full = self.free_places == 0
        return ParticipationState.WAITLISTED if full else ParticipationState.JOINED

    def decline(self, today: date) -> None:
        """Decline; final (docs/decisions/0023). Raises the reason it is closed."""
        self._must_be_open(today)

    def leave(self) -> None:
        """Leave the project, at any time, even after recruitment; final.

        Raises AlreadyLeft, NotParticipating.
        """
        if self.participation == ParticipationState.LEFT:
            raise AlreadyLeft
        if self.participation is None:
            raise NotParticipating

    def _must_be_open(self, today: date) -> None:
        if refusal := self.closed_because(today):
            raise refusal
