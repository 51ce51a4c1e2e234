"""What readers and drafters are shown, from what is stored."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.contracts.http.proposals import NearPair, ProposalBoard, ProposalPhase, ProposalView
from services.contracts.http.reading import (
    AttentionView,
    ContributionPage,
    ContributionView,
    LengthBand,
    LorenzPoint,
    NextReading,
    PublicAttention,
    ReadLate,
)
from services.responses.proposals.store import Proposal
from services.responses.proposals.use_cases import Board
from services.responses.readings import rules_attention as rules
from services.responses.readings.store import Shown
from services.responses.readings.use_cases import Next
from services.responses.readings.use_cases_attention import Attention
from services.runtime.text import Language


def contribution_view(shown: Shown) -> ContributionView:
    return ContributionView.model_validate(
        {
            "id": shown.id,
            "project_id": shown.project_id,
            "origin": shown.origin,
            "title": shown.title,
            "opened_on": shown.on_day,
            "answers": shown.answers,
            "words": shown.words,
            "length": shown.length,
            "readings": shown.readings,
            "moderation": shown.moderation,
        }
    )


def contribution_page(found: Sequence[Shown], next_after: UUID | None) -> ContributionPage:
    return ContributionPage(found=[contribution_view(one) for one in found], next_after=next_after)


def next_reading(found: Next) -> NextReading:
    return NextReading(
        contribution=found.contribution and contribution_view(found.contribution),
        seed=found.seed.hex(),
        unread=found.counts.unread,
        read_by_me=found.counts.read_by_me,
        contributions=found.counts.contributions,
        readings_wanted=found.readings_wanted,
    )


def attention_view(found: Attention, today: date) -> AttentionView:
    heard = found.heard
    return AttentionView(
        project_id=found.collection.project_id,
        title=found.collection.title,
        figures=found.figures,
        readings_each=rules.readings_each(heard),
        readers=found.readers,
        lengths=[
            LengthBand(
                from_characters=band.low,
                to_characters=band.to,
                contributions=band.contributions,
                read=band.read,
                median_seconds=band.median_seconds,
            )
            for band in rules.bands(heard)
        ],
        lorenz=[
            LorenzPoint(contributions=least, attention=given)
            for least, given in rules.lorenz([one.seconds for one in heard])
        ],
        gini_for_length=rules.gini(rules.for_length(heard)),
        late=[
            ReadLate(
                contribution_id=one.id,
                length=one.length,
                waited_days=one.waited(today),
                read_on=one.first_read_on,
            )
            for one in rules.late(heard, today)
        ],
        unread_days=rules.oldest_unread_days(heard, today),
    )


def public_attention(found: Attention, today: date) -> PublicAttention:
    view = attention_view(found, today)
    wanted = found.collection.readings_wanted
    return PublicAttention(
        project_id=view.project_id,
        title=view.title,
        contributions=len(found.heard),
        unread=sum(one.readings < wanted for one in found.heard),
        figures=view.figures,
        lorenz=view.lorenz,
        gini_for_length=view.gini_for_length,
    )


def proposal_view(proposal: Proposal) -> ProposalView:
    return ProposalView(
        id=proposal.id,
        project_id=proposal.project_id,
        version=proposal.version,
        state=ProposalPhase(proposal.state),
        title=proposal.title,
        text=proposal.text,
        theme=proposal.theme,
        support=proposal.support,
        merged_into=proposal.merged_into,
        merged_ids=proposal.merged_ids,
        drafted_by=proposal.drafted_by,
        drafted_on=proposal.drafted_on,
    )


def proposal_board(board: Board, language: Language) -> ProposalBoard:
    held = board.collection
    return ProposalBoard(
        project_id=held.project_id,
        title=held.title,
        proposals=[proposal_view(one) for one in board.proposals],
        themes=sorted({one.theme for one in board.proposals if one.theme}),
        near=[
            NearPair(first=pair.first, second=pair.second, similarity=pair.similarity)
            for pair in board.near
        ],
        unread=board.unread,
        no_suggestion=board.marked.no_suggestion,
        personal_cases=board.marked.personal_cases,
        blocked_by=[line.message(language) for line in board.blocked_by],
        synthesised_by=held.synthesised_by,
        synthesised_on=held.synthesised_on,
    )
