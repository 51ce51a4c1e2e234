"""Contributions and figures of attention as the staff API and the public page show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.contracts.events.responses import AttentionFigures
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
from services.responses.readings import rules_attention as rules
from services.responses.readings.rules_attention import Attention
from services.responses.readings.store import ReadContribution, ReadingCounts


@dataclass(frozen=True)
class NextContribution:
    """`contribution` is None when nothing is left for this reader."""

    contribution: ReadContribution | None
    seed: bytes
    counts: ReadingCounts
    readings_wanted: int


@dataclass(frozen=True)
class Page:
    """`next_after`: the id behind which the next page begins; None for the last page."""

    contributions: Sequence[ReadContribution]
    next_after: UUID | None


def contribution_view(contribution: ReadContribution) -> ContributionView:
    return ContributionView.model_validate(vars(contribution))


def contribution_page(page: Page) -> ContributionPage:
    return ContributionPage(
        found=[contribution_view(contribution) for contribution in page.contributions],
        next_after=page.next_after,
    )


def next_reading(next_contribution: NextContribution) -> NextReading:
    contribution, counts = next_contribution.contribution, next_contribution.counts
    return NextReading(
        contribution=contribution and contribution_view(contribution),
        seed=next_contribution.seed.hex(),
        unread=counts.unread,
        read_by_me=counts.read_by_me,
        contributions=counts.contributions,
        readings_wanted=next_contribution.readings_wanted,
    )


def attention_figures(attention: Attention) -> AttentionFigures:
    readings_wanted = attention.collection.readings_wanted
    figures = rules.figures(attention.histories, readings_wanted)
    return AttentionFigures(readings_wanted=readings_wanted, **vars(figures))


def attention_view(attention: Attention, today: date) -> AttentionView:
    histories = attention.histories
    return AttentionView(
        project_id=attention.collection.project_id,
        title=attention.collection.title,
        figures=attention_figures(attention),
        readings_each=rules.contributions_by_readings(histories),
        readers=attention.readers,
        lengths=[
            LengthBand(
                from_characters=band.low,
                to_characters=band.high,
                contributions=band.contributions,
                read=band.read,
                median_seconds=band.median_seconds,
            )
            for band in rules.bands(histories)
        ],
        lorenz=[
            LorenzPoint(contributions=contributions, attention=share)
            for contributions, share in rules.lorenz([history.seconds for history in histories])
        ],
        gini_for_length=rules.gini(rules.seconds_per_word(histories)),
        late=[
            ReadLate(
                contribution_id=history.id,
                length=history.length,
                waited_days=history.waited_days(today),
                read_on=history.first_read_on,
            )
            for history in rules.latest_read(histories, today)
        ],
        unread_days=rules.oldest_unread_days(histories, today),
    )


def public_attention(attention: Attention, today: date) -> PublicAttention:
    view = attention_view(attention, today)
    readings_wanted = attention.collection.readings_wanted
    return PublicAttention(
        project_id=view.project_id,
        title=view.title,
        contributions=len(attention.histories),
        unread=sum(history.readings < readings_wanted for history in attention.histories),
        figures=view.figures,
        lorenz=view.lorenz,
        gini_for_length=view.gini_for_length,
    )
