"""Reports and decisions as pages, staff's preview and text show them, in the same templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from services.feedback.decisions.rules import OUTCOME_NAMES, DecisionStatus
from services.feedback.decisions.store import ProposalDecision
from services.feedback.follow_up.rules import PROGRESS_NAMES
from services.feedback.public_account import rules
from services.feedback.public_account.rules import Change, DecisionVersion
from services.feedback.public_account.store import PublicReport
from services.feedback.reports.rules.method import public_count
from services.feedback.reports.store import ProjectOverview
from services.runtime.http.pages import Pages
from services.runtime.text import Language, long_date

pages = Pages(
    "services.feedback.public_account", outcomes=OUTCOME_NAMES, progress_names=PROGRESS_NAMES
)


@dataclass(frozen=True)
class ShownDecision:
    """`support` is None below the minimum cell; `changes` are those of a revision."""

    proposal_id: UUID
    title: str
    text: str
    support: int | None
    outcome: str
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    decided_by: str
    decided_by_role: str | None
    decided_on: date | None
    changes: Sequence[Change]


@dataclass(frozen=True)
class ShownReport:
    title: str
    version: int
    summary: str
    published_on: date
    decisions: Sequence[ShownDecision]
    method: dict[str, Any]


def published_report(report: PublicReport, versions: Iterable[DecisionVersion]) -> ShownReport:
    """With the decisions in force at that version, and the changes of those that it revised."""
    return ShownReport(
        title=report.title,
        version=report.version,
        summary=report.summary,
        published_on=report.published_on,
        decisions=[
            published_decision(newest, old if newest.report_version == report.version else None)
            for newest, old in rules.in_force(versions)
        ],
        method=report.method,
    )


def draft_report(
    overview: ProjectOverview, today: date, versions: Sequence[DecisionVersion] = ()
) -> ShownReport:
    """The report as if it were published today, with the decisions drafted so far.

    `versions`: the published ones. A redraft without signature leaves them in force."""
    in_force = {newest.proposal_id: newest for newest, _ in rules.in_force(versions)}
    published = overview.published
    decisions = [
        _draft_decision(
            decision, overview.project.decision_maker, in_force.get(decision.proposal_id)
        )
        for decision in overview.decisions
    ]
    return ShownReport(
        title=overview.project.title,
        version=published.version + 1 if published else 1,
        summary=overview.draft.summary,
        published_on=today,
        decisions=[decision for decision in decisions if decision is not None],
        method=overview.method,
    )


def published_decision(newest: DecisionVersion, old: DecisionVersion | None) -> ShownDecision:
    """`old`: the version whose changes are to be shown, if any."""
    return ShownDecision(
        proposal_id=newest.proposal_id,
        title=newest.title,
        text=newest.text,
        support=public_count(newest.support),
        outcome=newest.outcome,
        reason=newest.reason,
        next_step=newest.next_step,
        due_on=newest.due_on,
        owner=newest.owner,
        decided_by=newest.decided_by_name,
        decided_by_role=newest.decided_by_role,
        decided_on=newest.decided_on,
        changes=rules.changes(old, newest) if old else (),
    )


def _draft_decision(
    decision: ProposalDecision, decision_maker: str, published: DecisionVersion | None
) -> ShownDecision | None:
    """None while there is no draft on the listed version of the proposal."""
    d = decision
    unsigned = d.state != DecisionStatus.SIGNED
    if published and published.proposal_version == d.proposal_version and unsigned:
        return published_decision(published, None)
    if d.outcome is None or d.decided_version != d.proposal_version:
        return None
    return ShownDecision(
        proposal_id=d.proposal_id,
        title=d.title,
        text=d.text,
        support=public_count(d.support),
        outcome=d.outcome,
        reason=d.reason or "",
        next_step=d.next_step,
        due_on=d.due_on,
        owner=d.owner,
        decided_by=d.signed_by_name or decision_maker,
        decided_by_role=d.signed_by_role,
        decided_on=d.signed_on,
        changes=rules.changes(published, d) if published else (),
    )


def report_html(report: ShownReport, language: Language) -> str:
    """A fragment, without the page around it."""
    return pages.text(
        "report_body.html", language, report=report, link=None, **template_helpers(language)
    )


def report_text(report: ShownReport, language: Language) -> str:
    return pages.text("report.txt", language, report=report)


@lru_cache
def template_helpers(language: Language, content_lang: str = "") -> dict[str, Any]:
    """Functions for templates; a report of a hundred decisions calls them a thousand times.

    `content_lang`: the `lang` attribute for texts that the administration wrote, if it differs.
    """
    # Texts of others are escaped here; Markup.format would do the same ten times more slowly.

    def words(text: str) -> Markup:
        if not content_lang:
            return escape(text)
        return Markup(f"<span{content_lang}>{escape(text)}</span>")  # noqa: S704

    def paragraphs(text: str) -> Markup:
        blocks = str(escape(text)).replace("\r\n", "\n").split("\n\n")
        return Markup(  # noqa: S704
            "\n".join(
                f'<p class="words"{content_lang}>{block.strip()}</p>'
                for block in blocks
                if block.strip()
            )
        )

    @lru_cache(maxsize=4_096)
    def on(day: date | str) -> Markup:
        formatted = long_date(date.fromisoformat(day) if isinstance(day, str) else day, language)
        return Markup(f'<time datetime="{day}">{formatted}</time>')  # noqa: S704

    outcomes = {
        str(outcome): Markup(  # noqa: S704
            f'<strong class="outcome {outcome}">{name.in_(language)}</strong>'
        )
        for outcome, name in OUTCOME_NAMES.items()
    }

    return {
        "content_lang": Markup(content_lang),  # noqa: S704
        "words": words,
        "paragraphs": paragraphs,
        "on": on,
        "outcome": outcomes.__getitem__,
    }
