"""Proposals as the staff API and events show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.events.responses import ProposalState
from services.contracts.http.proposals import NearPair, ProposalBoard, ProposalView
from services.responses.collections.rules import Collection
from services.responses.proposals.rules import Obstacle
from services.responses.proposals.store import MarkCounts, Proposal, SimilarPair
from services.runtime.text import Language


@dataclass(frozen=True)
class Board:
    collection: Collection
    proposals: Sequence[Proposal]
    similar: Sequence[SimilarPair]
    unread: int
    marks: MarkCounts
    obstacles: Sequence[Obstacle]


def proposal_view(proposal: Proposal) -> ProposalView:
    return ProposalView.model_validate(vars(proposal))


def proposal_board(board: Board, language: Language) -> ProposalBoard:
    collection = board.collection
    return ProposalBoard(
        project_id=collection.project_id,
        title=collection.title,
        proposals=[proposal_view(proposal) for proposal in board.proposals],
        themes=sorted({proposal.theme for proposal in board.proposals if proposal.theme}),
        near=[
            NearPair(first=pair.first, second=pair.second, similarity=pair.similarity)
            for pair in board.similar
        ],
        unread=board.unread,
        no_suggestion=board.marks.no_suggestion,
        personal_cases=board.marks.personal_cases,
        blocked_by=[obstacle.message(language) for obstacle in board.obstacles],
        synthesised_by=collection.synthesised_by,
        synthesised_on=collection.synthesised_on,
    )


def proposal_state(proposal: Proposal) -> ProposalState:
    return ProposalState(
        version=proposal.version,
        proposal_id=proposal.id,
        project_id=proposal.project_id,
        title=proposal.title,
        text=proposal.text,
        theme=proposal.theme,
        support=proposal.support,
        merged_ids=proposal.merged_ids,
    )
