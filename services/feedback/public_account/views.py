"""The report as participants and everybody read it: the same words on its page, in staff's preview
and as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from services.feedback.decisions.rules import PROGRESS_NAMES
from services.feedback.decisions.store import Answer
from services.feedback.public_account import rules as promises
from services.feedback.public_account.rules import OUTCOME_NAMES, Change, DecisionVersion
from services.feedback.public_account.store import PublicReport
from services.feedback.reports.overview import Account
from services.feedback.reports.rules.publication import shown
from services.runtime.http.pages import Pages
from services.runtime.text import Language, long_date

pages = Pages(
    "services.feedback.public_account", outcomes=OUTCOME_NAMES, progress_names=PROGRESS_NAMES
)


@dataclass(frozen=True)
class DecisionShown:
    """`support` is None below the minimum cell; `changes` says what a revision says otherwise."""

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
class ReportShown:
    title: str
    version: int
    summary: str
    published_on: date
    decisions: Sequence[DecisionShown]
    method: dict[str, Any]


def of_published(report: PublicReport, versions: Iterable[DecisionVersion]) -> ReportShown:
    """With the decisions in force in it; those that it revised say what changed."""
    return ReportShown(
        title=report.title,
        version=report.version,
        summary=report.summary,
        published_on=report.published_on,
        decisions=[
            of_version(newest, before if newest.report_version == report.version else None)
            for newest, before in promises.in_force(versions)
        ],
        method=report.method,
    )


def of_draft(
    account: Account, today: date, versions: Sequence[DecisionVersion] = ()
) -> ReportShown:
    """As if it were published today, with the decisions that are written so far; `versions` are
    those published before. What is redrafted but not signed stays in force as it was published."""
    before = {newest.proposal_id: newest for newest, _ in promises.in_force(versions)}
    published = account.published
    return ReportShown(
        title=account.standing.title,
        version=published.version + 1 if published else 1,
        summary=account.draft.summary,
        published_on=today,
        decisions=[
            made
            for one in account.answers
            if (made := _drafted(one, account.standing.decision_maker, before)) is not None
        ],
        method=account.method,
    )


def of_version(newest: DecisionVersion, before: DecisionVersion | None) -> DecisionShown:
    return DecisionShown(
        proposal_id=newest.proposal_id,
        title=newest.title,
        text=newest.text,
        support=shown(newest.support),
        outcome=newest.outcome,
        reason=newest.reason,
        next_step=newest.next_step,
        due_on=newest.due_on,
        owner=newest.owner,
        decided_by=newest.decided_by_name,
        decided_by_role=newest.decided_by_role,
        decided_on=newest.decided_on,
        changes=promises.changes(before, newest) if before else (),
    )


def _drafted(
    answer: Answer, decision_maker: str, published: dict[UUID, DecisionVersion]
) -> DecisionShown | None:
    a, before = answer, published.get(answer.proposal_id)
    if before and before.proposal_version == a.proposal_version and a.state != "signed":
        return of_version(before, None)
    if a.outcome is None or a.decided_version != a.proposal_version:
        return None
    return DecisionShown(
        proposal_id=a.proposal_id,
        title=a.title,
        text=a.text,
        support=shown(a.support),
        outcome=a.outcome,
        reason=a.reason or "",
        next_step=a.next_step,
        due_on=a.due_on,
        owner=a.owner,
        decided_by=a.signed_by_name or decision_maker,
        decided_by_role=a.signed_by_role,
        decided_on=a.signed_on,
        changes=promises.changes(before, a) if before else (),
    )


def html(report: ReportShown, language: Language) -> str:
    """A fragment, without the page around it."""
    return pages.text("report_body.html", language, report=report, link=None, **parts(language))


@lru_cache
def parts(language: Language, said: str = "") -> dict[str, Any]:
    """What templates say again and again: functions, as a report of a hundred decisions says them
    a thousand times. `said` is the attribute of what the administration wrote."""
    # Whatever others wrote is escaped; Markup.format would do it too, ten times slower.

    def words(text: str) -> Markup:
        return Markup(f"<span{said}>{escape(text)}</span>") if said else escape(text)  # noqa: S704

    def paragraphs(text: str) -> Markup:
        told = str(escape(text)).replace("\r\n", "\n").split("\n\n")
        return Markup(  # noqa: S704
            "\n".join(f'<p class="words"{said}>{one.strip()}</p>' for one in told if one.strip())
        )

    @lru_cache(maxsize=4_096)
    def on(day: date | str) -> Markup:
        said = long_date(date.fromisoformat(day) if isinstance(day, str) else day, language)
        return Markup(f'<time datetime="{day}">{said}</time>')  # noqa: S704

    outcomes = {
        name: Markup(f'<strong class="outcome {name}">{said.in_(language)}</strong>')  # noqa: S704
        for name, said in OUTCOME_NAMES.items()
    }

    return {
        "said": Markup(said),  # noqa: S704
        "words": words,
        "paragraphs": paragraphs,
        "on": on,
        "outcome": outcomes.__getitem__,
    }


def text(report: ReportShown, language: Language) -> str:
    return pages.text("report.txt", language, report=report)
