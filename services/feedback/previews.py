"""The report as participants will read it: the same words on its page, in a preview and as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.feedback.use_cases.account import Account
from services.runtime.pages import Pages
from services.runtime.text import Language

pages = Pages("services.feedback")


@dataclass(frozen=True)
class DecisionShown:
    title: str
    text: str
    support: int | None
    outcome: str
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    decided_by: str
    decided_on: date | None


@dataclass(frozen=True)
class ReportShown:
    title: str
    summary: str
    published_on: date
    decisions: Sequence[DecisionShown]
    method: dict[str, Any]


def of_draft(account: Account, today: date) -> ReportShown:
    """As if it were published today, with the decisions that are written so far."""
    return ReportShown(
        title=account.standing.title,
        summary=account.draft.summary,
        published_on=today,
        decisions=[
            DecisionShown(
                title=one.title,
                text=one.text,
                support=one.support,
                outcome=one.outcome,
                reason=one.reason or "",
                next_step=one.next_step,
                due_on=one.due_on,
                owner=one.owner,
                decided_by=one.signed_by_name or account.standing.decision_maker,
                decided_on=one.signed_on,
            )
            for one in account.answers
            if one.outcome and one.decided_version == one.proposal_version
        ],
        method=account.method,
    )


def html(report: ReportShown, language: Language) -> str:
    """A fragment, without the page around it."""
    return pages.text("report_body.html", language, report=report)


def text(report: ReportShown, language: Language) -> str:
    return pages.text("report.txt", language, report=report)
