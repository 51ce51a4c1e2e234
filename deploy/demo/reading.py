"""Readers of the demonstration: two officers read every contribution and draft proposals.

They find the subject of a remark by a keyword, where a person would understand it; everything else
uses the console's own client.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from deploy.local.issuer import PEOPLE, Person
from deploy.local.staff import LocalStaff
from services.contracts.http.common import Role
from services.contracts.http.proposals import (
    DraftToList,
    MergeProposal,
    ProposalBoard,
    ProposalPhase,
    ProposalView,
    Synthesise,
    WriteProposal,
)
from services.contracts.http.reading import (
    AttentionView,
    ContributionView,
    Mark,
    Moderate,
    RecordReading,
)
from services.contracts.http.results import ResultsView

# Passes so many seconds.
Wait = Callable[[float], None]

READERS: tuple[Person, ...] = tuple(person for person in PEOPLE if Role.ANALYSIS in person.roles)
_CHARACTERS_PER_SECOND = 25
_SECONDS_TO_BEGIN = 4


@dataclass(frozen=True)
class Subject:
    """Proposal suggested by remarks that contain a keyword."""

    word: str
    title: str
    text: str
    theme: str


SUBJECTS = (
    Subject(
        "date limite",
        "Écrire la date limite en haut de la première page",
        "La date limite n'apparaît qu'en bas de la deuxième page.",
        "présentation",
    ),
    Subject(
        "si on ne répond pas à temps",
        "Dire ce qui arrive après la date limite",
        "Écrire ce qui se passe si on ne répond pas à temps.",
        "contenu",
    ),
    Subject(
        "phrases sont trop longues",
        "Raccourcir les phrases",
        "Des phrases plus courtes, une idée par phrase.",
        "langue",
    ),
    Subject(
        "sigles",
        "Développer chaque sigle à sa première apparition",
        "Trois sigles dans la même phrase, aucun n'est développé.",
        "langue",
    ),
    Subject(
        "quotient",
        "Développer chaque sigle et chaque mot technique à sa première apparition",
        "Le mot « quotient » n'est expliqué nulle part.",
        "langue",
    ),
    Subject(
        "numéro de téléphone",
        "Donner un numéro de téléphone avec ses horaires",
        "Un numéro et des horaires plutôt que l'adresse du site.",
        "contact",
    ),
    Subject(
        "répondre sur papier",
        "Permettre de répondre sur papier",
        "Tout le monde n'a pas d'imprimante ni de compte.",
        "contact",
    ),
    Subject(
        "pièces à joindre",
        "Mettre la liste des pièces dans un encadré à cocher",
        "La liste des pièces à joindre, avec des cases à cocher.",
        "présentation",
    ),
)
_PERSONAL = "Ma mère"
_TONE = "on se sent déjà en faute"


@dataclass(frozen=True)
class Synthesis:
    """Results of the synthesis; `merged` and `hidden` are counts."""

    title: str
    board: ProposalBoard
    attention: AttentionView
    results: ResultsView
    merged: int
    hidden: int


async def read_and_synthesise(staff: LocalStaff, project_id: UUID, wait: Wait) -> Synthesis:
    """Read everything and synthesise; `wait` lets the seconds of each reading pass.

    Raises Refused, Unreachable."""
    proposals = await _draft(staff, project_id)
    hidden = await _read_all(staff, project_id, proposals, wait)
    merged = await _merge_alike(staff, project_id)
    unsupported = await _gather_unsupported(staff, project_id)
    board = await staff.proposal_board(project_id)
    drafts = [proposal for proposal in board.proposals if proposal.state is ProposalPhase.DRAFT]
    listed = [DraftToList(id=draft.id, version=draft.version) for draft in drafts]
    board_after = await staff.synthesise(project_id, Synthesise(proposals=listed))
    return Synthesis(
        board_after.title,
        board_after,
        await staff.attention(project_id),
        await staff.results(project_id),
        merged + unsupported,
        hidden,
    )


async def _draft(staff: LocalStaff, project_id: UUID) -> dict[str, ProposalView]:
    return {
        subject.word: await staff.draft_proposal(
            project_id,
            WriteProposal(title=subject.title, text=subject.text, theme=subject.theme),
        )
        for subject in SUBJECTS
    }


async def _read_all(
    staff: LocalStaff, project_id: UUID, proposals: dict[str, ProposalView], wait: Wait
) -> int:
    """Let each reader read everything; returns the number of hidden contributions."""
    hidden = 0
    readers: Sequence[Person] = READERS
    while readers:
        still = []
        for reader in readers:
            contribution = (await staff.acting_for(reader).next_reading(project_id)).contribution
            if contribution is None:
                continue
            still.append(reader)
            reading = _reading(contribution, proposals)
            wait(reading.seconds)
            await staff.acting_for(reader).record_reading(contribution.id, reading)
            if _TONE in contribution.words and not hidden:
                reason = "Une personne y est reconnaissable (démonstration)"
                await staff.moderate(contribution.id, Moderate(hidden=True, reason=reason))
                hidden += 1
        readers = still
    return hidden


def _reading(contribution: ContributionView, proposals: dict[str, ProposalView]) -> RecordReading:
    links = [proposal.id for word, proposal in proposals.items() if word in contribution.words]
    mark = Mark.PERSONAL_CASE if _PERSONAL in contribution.words else None
    return RecordReading(
        seconds=_SECONDS_TO_BEGIN + contribution.length / _CHARACTERS_PER_SECOND,
        mark=mark if links or mark else Mark.NO_SUGGESTION,
        proposals=links,
    )


async def _merge_alike(staff: LocalStaff, project_id: UUID) -> int:
    """Merge the pair that the board reports as most alike."""
    board = await staff.proposal_board(project_id)
    for pair in board.near[:1]:
        version = next(
            proposal.version for proposal in board.proposals if proposal.id == pair.second
        )
        await staff.merge_proposal(pair.second, MergeProposal(into=pair.first, version=version))
    return len(board.near[:1])


async def _gather_unsupported(staff: LocalStaff, project_id: UUID) -> int:
    """Merge drafts without support into the best supported draft."""
    board = await staff.proposal_board(project_id)
    drafts = [proposal for proposal in board.proposals if proposal.state is ProposalPhase.DRAFT]
    first = max(drafts, key=lambda draft: draft.support)
    unsupported = [draft for draft in drafts if not draft.support and draft.id != first.id]
    for draft in unsupported:
        await staff.merge_proposal(draft.id, MergeProposal(into=first.id, version=draft.version))
    return len(unsupported)
