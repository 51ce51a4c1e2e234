"""What a reading may say, and until when a collection is read and drafted from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class SynthesisMade(Refusal):
    sentence = Text(
        fr="La synthèse de ce projet est faite : lectures et propositions ne changent plus.",
        en="This project's synthesis is made: readings and proposals no longer change.",
    )


class NothingToNote(Refusal):
    sentence = Text(
        fr="Ce projet ne recueille pas encore : il n'y a pas d'atelier à noter.",
        en="This project does not collect yet: there is no workshop to take notes of.",
    )
    way_out = Text(
        fr="Déclarez le questionnaire prêt, puis notez.",
        en="Declare the questionnaire ready, then take notes.",
    )


class BlankText(Refusal):
    status = 422
    sentence = Text(fr="Il n'y a que des blancs.", en="There is nothing but blanks.")
    way_out = Text(fr="Écrivez au moins un mot.", en="Write at least a word.")


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
class Linkable:
    """A proposal that somebody wants to link to, and what it was merged into in the end."""

    id: UUID
    state: str
    title: str
    survivor: str | None


def refuse_once_synthesised(state: str) -> None:
    if state == "synthesised":
        raise SynthesisMade


def refuse_unless_taking_notes(state: str) -> None:
    """Notes are taken from the first workshop until the synthesis. Raises SynthesisMade,
    NothingToNote."""
    refuse_once_synthesised(state)
    if state == "preparing":
        raise NothingToNote


def refuse_unless_linkable(wanted: Sequence[UUID], found: Sequence[Linkable]) -> None:
    """Raises UnknownProposal, ProposalMerged."""
    known = {one.id: one for one in found}
    for id in wanted:
        if id not in known:
            raise UnknownProposal(what=id)
        if known[id].state == "merged":
            raise ProposalMerged(title=known[id].title, survivor=known[id].survivor)


def credited_seconds(reported: float, since: datetime | None, now: datetime) -> float:
    """Of the seconds that a reader reports, no more than passed since they were shown the
    contribution and since their previous recording: nobody reads two at once. None where nothing
    was shown to them."""
    return 0.0 if since is None else min(reported, max(0.0, (now - since).total_seconds()))


def said(text: str) -> str:
    """Without blanks at the ends; the one character PostgreSQL cannot keep is replaced.

    Raises BlankText."""
    kept = text.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not kept:
        raise BlankText
    return kept
