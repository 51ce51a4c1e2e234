"""Participations: a member joined a project, waits for a place, or left it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

OTHER_INVITATIONS = Text(
    fr="Si un autre projet vous concerne, vous recevrez une nouvelle invitation.",
    en="If another project concerns you, you will receive a new invitation.",
)


class ParticipationState(StrEnum):
    JOINED = "joined"
    WAITLISTED = "waitlisted"
    LEFT = "left"


class AlreadyLeft(Refusal):
    sentence = Text(
        fr="Vous avez déjà cessé de participer à ce projet.",
        en="You have already stopped taking part in this project.",
    )
    way_out = OTHER_INVITATIONS


class NotParticipating(Refusal):
    sentence = Text(
        fr="Vous ne participez pas à ce projet.", en="You are not taking part in this project."
    )


@dataclass(frozen=True)
class Participant:
    """A member in one project, with the version of the project that applies."""

    invitation_id: UUID
    project_id: UUID
    member_id: UUID
    project_version: int
