"""Anonymous credentials: one for each participant, until collection ends.

The end of recruitment closes nothing here: a participant who follows a link on the last day of
collection can still respond. Responses are opened only after that day, so that no late credential
reveals which responses its owner cannot have written.

The same request is signed again, so that a lost HTTP response or a closed browser costs nobody
their voice. A different request would be a second voice.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.campaigns.participations.rules import (
    OTHER_INVITATIONS,
    AlreadyLeft,
    ParticipationState,
)
from services.campaigns.projects.rules import Phase
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class OtherProject(Refusal):
    status = 403
    sentence = Text(
        fr="Cette invitation concerne un autre projet.",
        en="This invitation is for another project.",
    )
    way_out = Text(
        fr="Ouvrez de nouveau le lien de votre invitation.",
        en="Open the link of your invitation again.",
    )


class StillWaiting(Refusal):
    sentence = Text(
        fr="Vous êtes sur la liste d'attente de ce projet.",
        en="You are on this project's waiting list.",
    )
    way_out = Text(
        fr="Un message vous dira si une place se libère ; vous pourrez alors répondre.",
        en="A message will tell you if a place becomes free; you can respond then.",
    )


class IssuedElsewhere(Refusal):
    sentence = Text(
        fr="Votre jeton anonyme a déjà été remis : à un autre appareil, à un autre navigateur, ou à"
        " celui-ci, qui l'a oublié depuis. Il n'y en a qu'un par personne.",
        en="Your anonymous credential was already given out: to another device, to another browser,"
        " or to this one, which has forgotten it since. There is only one for each person.",
    )
    way_out = Text(
        fr="Ouvrez le lien privé que la page vous avait donné, ou continuez sur l'autre appareil."
        " Certains navigateurs effacent ce qu'un site garde après sept jours sans visite. Personne"
        " ne peut retrouver ce lien pour vous : nul ne sait quelle réponse est la vôtre.",
        en="Open the private link that the page gave you, or continue on the other device. Some"
        " browsers erase a site's data after seven days without a visit. Nobody can find that"
        " link for you: no one knows which response is yours.",
    )


class IssuingStopped(Refusal):
    sentence = Text(
        fr="Ce projet ne donne plus de jeton anonyme : ses données ont dû être rétablies, et nul ne"
        " sait plus qui en a déjà un. Un second jeton permettrait de répondre deux fois.",
        en="This project gives out no more anonymous credentials: its data had to be restored, and"
        " no one knows any more who has one. A second one would allow a second response.",
    )
    way_out = Text(
        fr="Si vous avez déjà le vôtre, il reste valable : continuez sur le même appareil.",
        en="If you already have yours, it is still valid: continue on the same device.",
    )


class CollectionOver(Refusal):
    sentence = Text(
        fr="Le recueil de ce projet s'est terminé le {ended_on:%d/%m/%Y}.",
        en="The collection of this project ended on {ended_on:%d %B %Y}.",
    )
    way_out = OTHER_INVITATIONS


@dataclass(frozen=True)
class BlindedRequest:
    """A request to be signed, from the holder of an invitation's link."""

    invitation_id: UUID
    member_id: UUID
    request: bytes


@dataclass(frozen=True)
class Applicant:
    """A participant who requests a credential, as stored."""

    project_id: UUID
    participation: ParticipationState
    project_state: Phase
    collection_ends_on: date
    issuing_stopped: bool
    # Of the request that was signed, if there was one.
    request_hash: bytes | None

    def is_first_request(self, project_id: UUID, request_hash: bytes, today: date) -> bool:
        """True for the first request of this participant, False for the same one again.

        Raises OtherProject, AlreadyLeft, StillWaiting, CollectionOver, IssuingStopped,
        IssuedElsewhere.
        """
        if self.project_id != project_id:
            raise OtherProject
        if self.participation == ParticipationState.LEFT:
            raise AlreadyLeft
        if self.participation != ParticipationState.JOINED:
            raise StillWaiting
        collects = self.project_state in (Phase.OPEN, Phase.RECRUITED)
        if not collects or today > self.collection_ends_on:
            raise CollectionOver(ended_on=self.collection_ends_on)
        if self.request_hash is not None:
            if refusal := other_request_refusal(self.request_hash, request_hash):
                raise refusal
            return False
        if self.issuing_stopped:
            raise IssuingStopped
        return True


def other_request_refusal(stored_hash: bytes, request_hash: bytes) -> IssuedElsewhere | None:
    """IssuedElsewhere unless this is the stored request: another would be a second voice."""
    return None if stored_hash == request_hash else IssuedElsewhere()
