"""Anonymous credentials: one for each participant, until collection ends.

The end of recruitment closes nothing here: a participant who follows a link on the last day of
collection still has a say. Answers are opened only after that day, so that no late credential tells
which answers its owner cannot have written.

A credential already given is given again for the same request, so that a lost answer or a closed
browser costs nobody their voice. A different request would be a second voice.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.campaigns.invitations.rules import MEMBER_SPACE, AlreadyLeft
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
        en="A message will tell you if a place frees up; you can answer then.",
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
        en="Open the private link that the page gave you, or go on with the other device. Some"
        " browsers erase what a site keeps after seven days without a visit. Nobody can find that"
        " link for you: no one knows which answer is yours.",
    )


class IssuingStopped(Refusal):
    sentence = Text(
        fr="Ce projet ne donne plus de jeton anonyme : ses données ont dû être rétablies, et nul ne"
        " sait plus qui en a déjà un. Un second jeton serait une seconde voix.",
        en="This project gives out no more anonymous credentials: its data had to be restored, and"
        " no one knows any more who has one. A second one would be a second voice.",
    )
    way_out = Text(
        fr="Si vous aviez pris le vôtre, il reste valable : continuez sur le même appareil.",
        en="If you had taken yours, it is still good: go on with the same device.",
    )


class CollectionOver(Refusal):
    sentence = Text(
        fr="Le recueil de ce projet s'est terminé le {ended_on:%d/%m/%Y}.",
        en="The collection of this project ended on {ended_on:%d %B %Y}.",
    )
    way_out = MEMBER_SPACE


@dataclass(frozen=True)
class Standing:
    """A participant before the desk where credentials are given; as stored."""

    project_id: UUID
    participation: str
    project_state: str
    collection_ends_on: date
    issuing_stopped: bool
    request_hash: bytes | None

    def must_be_given(self, project_id: UUID, request_hash: bytes, today: date) -> bool:
        """True: the first request of this participant. False: the same one again.

        Raises OtherProject, AlreadyLeft, StillWaiting, CollectionOver, IssuingStopped,
        IssuedElsewhere.
        """
        if self.project_id != project_id:
            raise OtherProject
        if self.participation == "left":
            raise AlreadyLeft
        if self.participation != "joined":
            raise StillWaiting
        if self.project_state not in ("open", "recruited") or today > self.collection_ends_on:
            raise CollectionOver(ended_on=self.collection_ends_on)
        if self.request_hash is not None:
            if refusal := other_than_kept(self.request_hash, request_hash):
                raise refusal
            return False
        if self.issuing_stopped:
            raise IssuingStopped
        return True


def other_than_kept(kept: bytes, request_hash: bytes) -> IssuedElsewhere | None:
    """Why a request is not signed, when another one was: it would be a second voice."""
    return None if kept == request_hash else IssuedElsewhere()
