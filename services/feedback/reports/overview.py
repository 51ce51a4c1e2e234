"""What is shown of a project on its way to its report, to staff and in previews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.feedback.decisions import store as decisions
from services.feedback.decisions.store import Answer
from services.feedback.projects import store as standings
from services.feedback.projects.rules import Standing
from services.feedback.reports import store as reports
from services.feedback.reports.rules.publication import Draft, Report, method_of
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Account:
    standing: Standing
    answers: Sequence[Answer]
    draft: Draft
    published: Report | None
    method: dict[str, Any]
    """As a report published now would say it."""


@dataclass(frozen=True)
class Manners:
    """What the service's settings and clock say, for what is shown."""

    today: date
    decide_within_days: int
    public_url: str


async def account(conn: Connection, project_id: UUID) -> Account:
    """Raises NotFound."""
    standing = await standings.standing(conn, project_id)
    told = await standings.bodies(conn, project_id)
    return Account(
        standing=standing,
        answers=await decisions.answers(conn, project_id),
        draft=await reports.report_draft(conn, project_id),
        published=await reports.published_report(conn, project_id),
        method=method_of(told.project, told.collection),
    )
