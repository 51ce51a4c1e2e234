"""Rules of readings: links to proposals, credited seconds, and notes of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.responses.collections.rules import CollectionPhase, refuse_once_synthesised
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class NothingToNote(Refusal):
    sentence = Text(
        fr="Le recueil de ce projet n'a pas commencé : il n'y a pas d'atelier à noter.",
        en="This project has not started to collect: there is no workshop to take notes of.",
    )
    way_out = Text(
        fr="Déclarez le questionnaire prêt, puis notez.",
        en="Declare the questionnaire ready, then take notes.",
    )


class UnknownProposal(Refusal):
    status = 422
    sentence = Text(
        fr="Ce projet n'a pas de proposition {what}.", en="This project has no proposal {what}."
    )
    way_out = Text(
        fr="Choisissez dans le tableau des propositions de ce projet.",
        en="Choose from this project's board of proposals.",
    )


class ProposalMerged(Refusal):
    sentence = Text(
        fr="« {title} » a été réunie à « {survivor} ».",
        en="“{title}” was merged into “{survivor}”.",
    )
    way_out = Text(
        fr="Reliez la contribution à « {survivor} ».",
        en="Link the contribution to “{survivor}”.",
    )


@dataclass(frozen=True)
class LinkableProposal:
    """`survivor`: the title of the proposal that it was merged into in the end."""

    id: UUID
    state: str
    title: str
    survivor: str | None


def refuse_unless_taking_notes(state: CollectionPhase) -> None:
    """Notes are taken from the first workshop until the synthesis. Raises SynthesisMade,
    NothingToNote."""
    refuse_once_synthesised(state)
    if state == CollectionPhase.PREPARING:
        raise NothingToNote


def refuse_unless_linkable(
    proposal_ids: Sequence[UUID], proposals: Sequence[LinkableProposal]
) -> None:
    """`proposals`: those of the project. Raises UnknownProposal, ProposalMerged."""
    by_id = {proposal.id: proposal for proposal in proposals}
    for id in proposal_ids:
        if id not in by_id:
            raise UnknownProposal(what=id)
        if by_id[id].state == "merged":
            raise ProposalMerged(title=by_id[id].title, survivor=by_id[id].survivor)


def credited_seconds(reported: float, since: datetime | None, now: datetime) -> float:
    """The seconds a reader reports, capped by the time that passed since `since`.

    `since`: when the contribution was shown to them or when they recorded their previous reading,
    whichever is later, as nobody reads two at once; None where nothing was shown to them."""
    return 0.0 if since is None else min(reported, max(0.0, (now - since).total_seconds()))
