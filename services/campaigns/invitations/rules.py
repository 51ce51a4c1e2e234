"""Invitations and participations: what a member may still do, and what it leads to."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

MEMBER_SPACE = Text(
    fr="Si un autre projet vous concerne, vous recevrez une nouvelle invitation.",
    en="If another project concerns you, you will receive a new invitation.",
)


class AlreadyDeclined(Refusal):
    sentence = Text(
        fr="Vous avez déjà décliné cette invitation.", en="You have already declined this."
    )
    way_out = MEMBER_SPACE


class AlreadyAccepted(Refusal):
    sentence = Text(
        fr="Vous avez déjà accepté cette invitation.", en="You have already accepted this."
    )
    way_out = Text(
        fr="Pour ne plus participer, utilisez « Ne plus participer » sur la page de l'invitation.",
        en="To stop taking part, use “Stop taking part” on the invitation's page.",
    )


class AlreadyLeft(Refusal):
    sentence = Text(
        fr="Vous avez cessé de participer à ce projet.", en="You stopped taking part in this."
    )
    way_out = MEMBER_SPACE


class InvitationClosed(Refusal):
    sentence = Text(
        fr="Cette invitation n'est plus valable.", en="This invitation is no longer open."
    )
    way_out = MEMBER_SPACE


class RecruitmentIsOver(Refusal):
    sentence = Text(
        fr="Le recrutement de ce projet est terminé.", en="Recruitment for this project is over."
    )
    way_out = MEMBER_SPACE


class NotParticipating(Refusal):
    sentence = Text(
        fr="Vous ne participez pas à ce projet.", en="You are not taking part in this project."
    )


class Standing(StrEnum):
    """Where a member stands with one project, as the invitation's page says it."""

    INVITED = "invited"
    JOINED = "joined"
    WAITING = "waiting"
    # The waiting list ended with recruitment, and no place had become free.
    NOT_PLACED = "not_placed"
    DECLINED = "declined"
    LEFT = "left"
    # Nobody answered before recruitment ended.
    MISSED = "missed"
    CLOSED = "closed"
    # Left the panel, or membership is over.
    NO_MEMBER = "no_member"
    # Two identities were merged, and the survivor has an invitation of its own.
    REPLACED = "replaced"


class Act(StrEnum):
    """What a member may do on the invitation's page."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ANSWER = "answer"
    LEAVE = "leave"


GONE = ("left", "expired", "erased")


@dataclass(frozen=True)
class Invitation:
    """One member asked to join one project, with what decides its fate; as stored."""

    id: UUID
    project_id: UUID
    member_id: UUID
    state: str
    participation: str | None
    project_version: int
    project_state: str
    recruitment_ends_on: date
    collection_ends_on: date
    free_places: int | None
    member_status: str | None
    issuing_stopped: bool
    credential_taken: bool

    @property
    def is_open(self) -> bool:
        # The delivery's answer may come after the click.
        return self.state in ("ordered", "sent")

    def recruits(self, today: date) -> bool:
        return self.project_state == "open" and today <= self.recruitment_ends_on

    def collects(self, today: date) -> bool:
        """Whether participants may answer; the last day counts."""
        return self.project_state in ("open", "recruited") and today <= self.collection_ends_on

    def standing(self, today: date) -> Standing:
        if self.member_status in GONE:
            return Standing.NO_MEMBER
        if self.member_status == "merged":
            return Standing.REPLACED
        match self.participation, self.state:
            case ("joined", _):
                return Standing.JOINED
            case ("waitlisted", _):
                return Standing.WAITING if self.recruits(today) else Standing.NOT_PLACED
            case ("left", _):
                return Standing.LEFT
            case (_, "declined"):
                return Standing.DECLINED
        if not self.recruits(today):
            return Standing.MISSED
        return Standing.INVITED if self.is_open else Standing.CLOSED

    def acts(self, today: date) -> frozenset[Act]:
        """All that the page offers: each is accepted when it is followed on the same day."""
        match self.standing(today):
            case Standing.INVITED:
                return frozenset({Act.ACCEPT, Act.DECLINE})
            case Standing.JOINED:
                leave = {Act.LEAVE} if self.project_state != "closed" else set[Act]()
                return frozenset(leave | ({Act.ANSWER} if self.may_answer(today) else set()))
            case Standing.WAITING:
                return frozenset({Act.LEAVE})
            case _:
                return frozenset()

    def may_answer(self, today: date) -> bool:
        """Whether a device may have this participant's credential, or go on with the one it has."""
        obtainable = self.credential_taken or not self.issuing_stopped
        return self.participation == "joined" and self.collects(today) and obtainable

    def closed_because(self, today: date) -> Refusal | None:
        """Why it can no longer be answered, or None while it can."""
        if self.participation == "left":
            return AlreadyLeft()
        if self.state == "accepted":
            return AlreadyAccepted()
        if self.state == "declined":
            return AlreadyDeclined()
        if not self.recruits(today):
            return RecruitmentIsOver()
        return None if self.is_open else InvitationClosed()

    def accept(self, today: date) -> str:
        """joined, or waitlisted when all places are taken. Raises the reason it is closed."""
        self._must_be_open(today)
        return "waitlisted" if self.free_places == 0 else "joined"

    def decline(self, today: date) -> None:
        """For good (docs/decisions/0023). Raises the reason it is closed."""
        self._must_be_open(today)

    def leave(self) -> None:
        """At any time, even after recruitment, and for good.

        Raises AlreadyLeft, NotParticipating.
        """
        if self.participation == "left":
            raise AlreadyLeft
        if self.participation is None:
            raise NotParticipating

    def _must_be_open(self, today: date) -> None:
        if refusal := self.closed_because(today):
            raise refusal
