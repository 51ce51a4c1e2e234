"""Invitations and participations: what a member may still do, and what it leads to."""

from dataclasses import dataclass
from datetime import date
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
    free_places: int | None

    @property
    def is_open(self) -> bool:
        # The delivery's answer may come after the click.
        return self.state in ("ordered", "sent")

    def recruits(self, today: date) -> bool:
        return self.project_state == "open" and today <= self.recruitment_ends_on

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
        """Raises the reason it is closed."""
        self._must_be_open(today)

    def leave(self) -> None:
        """At any time, even after recruitment. Raises AlreadyLeft, NotParticipating."""
        if self.participation == "left":
            raise AlreadyLeft
        if self.participation is None:
            raise NotParticipating

    def _must_be_open(self, today: date) -> None:
        if refusal := self.closed_because(today):
            raise refusal
