"""The pages of the public account: projects, reports, decisions, follow-up, figures, the feed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from uuid import UUID, uuid5

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.registry import FiguresState
from services.feedback.decisions.rules import Outcome
from services.feedback.follow_up.rules import Progress
from services.feedback.journal.rules.entries import commits_to
from services.feedback.projects.rules import CollectionStatus
from services.feedback.public_account import rules, store, views
from services.feedback.public_account.pages.site import (
    A_DAY,
    A_MINUTE,
    ATOM,
    Content,
    Endpoint,
    Load,
    PageRequest,
    Site,
)
from services.feedback.public_account.store import (
    DecisionSummary,
    ProjectSummary,
    ReportSummary,
    StepSummary,
)
from services.feedback.reports.rules.method import MINIMUM_CELL, method_of, public_count
from services.runtime.postgres.database import Connection


class _VersionConvertor(IntegerConvertor):
    """A number that a bigint column can hold; no version has a longer one."""

    regex = "[0-9]{1,15}"


register_url_convertor("version", _VersionConvertor())

_PROJECTS_PER_PAGE, _DECISIONS_PER_PAGE = 20, 25
_HOME_REPORTS, _LATEST_STEPS, _FEED_ENTRIES = 5, 30, 50
_STATE_FILTERS = {None: None, "under_way": True, "closed": False}
_PROGRESS_FILTERS = (None, "overdue", *Progress)
_OUTCOME_FILTERS = (None, *Outcome)


@dataclass(frozen=True)
class FeedEntry:
    """A report or a step of follow-up."""

    id: UUID
    day: date
    report: ReportSummary | None = None
    step: StepSummary | None = None


def routes(site: Site) -> list[Route]:
    def page(load: Load, *parameters: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await site.page(request, load, *parameters)

        return endpoint

    return [
        Route("/", page(home, "after")),
        Route("/projects", page(projects, "after", "state")),
        Route("/projects/{project_id:uuid}", page(project)),
        Route("/projects/{project_id:uuid}/report", page(report)),
        Route("/projects/{project_id:uuid}/report/{version:version}", page(report)),
        Route("/decisions", page(decisions, "after", "outcome", "progress")),
        Route("/decisions/{proposal_id:uuid}", page(decision)),
        Route("/follow-up", page(follow_up)),
        Route("/figures", page(figures)),
        Route("/journal", page(journal)),
        Route("/feed.atom", page(feed)),
    ]


async def home(conn: Connection, request: PageRequest) -> Content:
    under_way = await store.list_projects(conn, True, request.page_key, _PROJECTS_PER_PAGE + 1)
    counts = await store.count_decisions(conn, request.today)
    reports: dict[UUID, ReportSummary] = {}
    for report in await store.list_latest_reports(conn, 2 * _HOME_REPORTS):
        reports.setdefault(report.project_id, report)
    return Content(
        "home.html",
        {
            "projects": under_way[:_PROJECTS_PER_PAGE],
            "next_key": _next_project_key(under_way),
            "reports": list(reports.values())[:_HOME_REPORTS],
            "decisions": sum(count.decisions for count in counts),
            "kept_promises": sum(
                count.decisions for count in counts if count.progress == Progress.DONE
            ),
            "overdue": sum(count.overdue for count in counts),
            "is_first_page": request.page_key is None,
        },
    )


async def projects(conn: Connection, request: PageRequest) -> Content | None:
    state = request.get("state")
    if state not in _STATE_FILTERS:
        return None
    rows = await store.list_projects(
        conn, _STATE_FILTERS[state], request.page_key, _PROJECTS_PER_PAGE + 1
    )
    return Content(
        "projects.html",
        {
            "projects": rows[:_PROJECTS_PER_PAGE],
            "next_key": _next_project_key(rows),
            "state": state,
            "is_first_page": request.page_key is None,
        },
    )


async def project(conn: Connection, request: PageRequest, project_id: UUID) -> Content | None:
    row = await store.find_project(conn, project_id)
    if row is None:
        return None
    state = ProjectState.model_validate(row.body)
    commitments = state.draw_commitments
    collection_ended = row.collection.get("state") in tuple(CollectionStatus)
    return Content(
        "project.html",
        {
            "project": row,
            "project_state": state,
            "mandate": state.mandate,
            "method": method_of(row.body, row.collection),
            "duties": state.report_duties,
            "draws": [
                (commitment, seed, seed is not None and commits_to(commitment, seed))
                for commitment, seed in zip_longest(
                    commitments, state.draw_seeds[: len(commitments)]
                )
            ],
            "attention": collection_ended
            and public_count(row.collection.get("contributions")) is not None,
        },
    )


async def report(
    conn: Connection, request: PageRequest, project_id: UUID, version: int | None = None
) -> Content | None:
    """As published; a version that was superseded never changes any more."""
    row = await store.find_report(conn, project_id, version)
    if row is None:
        return None
    versions = await store.list_decision_versions(conn, project_id, row.version)
    successor = None
    if version is not None:
        successor = next((v for v in row.versions if v["version"] > version), None)
    return Content(
        "report.html",
        {
            "report": views.published_report(row, versions),
            "project_id": row.project_id,
            "versions": row.versions,
            "successor": successor,
        },
        seconds=A_DAY if successor else A_MINUTE,
    )


async def decisions(conn: Connection, request: PageRequest) -> Content | None:
    outcome, progress = request.get("outcome"), request.get("progress")
    if outcome not in _OUTCOME_FILTERS or progress not in _PROGRESS_FILTERS:
        return None
    limit = _DECISIONS_PER_PAGE
    rows = await store.list_decisions(
        conn, request.page_key, limit + 1, outcome, progress, request.today
    )
    last = rows[limit - 1] if len(rows) > limit else None
    next_key = None
    if last is not None:
        day = last.due_on if progress == "overdue" else last.published_on
        next_key = f"{day}.{last.proposal_id}"
    return Content(
        "decisions.html",
        {
            "decisions": rows[:limit],
            "next_key": next_key,
            "outcome_filter": outcome,
            "progress_filter": progress,
            "is_first_page": request.page_key is None,
            "overdue_days": _overdue_days(request.today),
        },
    )


async def decision(conn: Connection, request: PageRequest, proposal_id: UUID) -> Content | None:
    row = await store.find_decision(conn, proposal_id)
    if row is None:
        return None
    newest = row.versions[-1]
    return Content(
        "decision.html",
        {
            "row": row,
            "decision": views.published_decision(newest, None),
            "revisions": [
                (new, rules.changes(old, new))
                for old, new in zip(row.versions, row.versions[1:], strict=False)
            ],
            "overdue": rules.overdue_days(
                newest.outcome, row.progress, newest.due_on, request.today
            ),
            "retained": newest.outcome != Outcome.NOT,
        },
    )


async def follow_up(conn: Connection, request: PageRequest) -> Content:
    counts = await store.count_decisions(conn, request.today)
    retained = [count for count in counts if count.outcome != Outcome.NOT]
    by_progress: Counter[str] = Counter()
    for count in retained:
        by_progress[count.progress] += count.decisions
    return Content(
        "follow_up.html",
        {
            "by_progress": by_progress,
            "overdue": sum(count.overdue for count in retained),
            "overdue_decisions": await store.list_decisions(
                conn, None, _DECISIONS_PER_PAGE, None, "overdue", request.today
            ),
            "steps": await store.list_latest_steps(conn, _LATEST_STEPS),
            "overdue_days": _overdue_days(request.today),
        },
    )


async def figures(conn: Connection, request: PageRequest) -> Content:
    charter = await store.find_charter_figures(conn)
    counts = await store.count_decisions(conn, request.today)
    by_outcome: Counter[str] = Counter()
    by_progress: Counter[str] = Counter()
    for count in counts:
        by_outcome[count.outcome] += count.decisions
        if count.outcome != Outcome.NOT:
            by_progress[count.progress] += count.decisions
    return Content(
        "figures.html",
        {
            "charter": charter,
            "share_read": rules.share_read(
                charter.contributions, charter.contributions_read, MINIMUM_CELL
            ),
            "by_outcome": by_outcome,
            "by_progress": by_progress,
            "overdue": sum(count.overdue for count in counts),
            "months": [_month(month) for month in await store.list_months(conn)],
        },
    )


async def journal(conn: Connection, request: PageRequest) -> Content:
    return Content("journal.html")


async def feed(conn: Connection, request: PageRequest) -> Content:
    """Reports and steps; an entry has a permanent id, derived from its subject, not its address."""
    reports = await store.list_latest_reports(conn, _FEED_ENTRIES)
    steps = await store.list_latest_steps(conn, _FEED_ENTRIES)
    entries = [
        FeedEntry(
            uuid5(report.project_id, f"report/{report.version}"),
            report.published_on,
            report=report,
        )
        for report in reports
    ] + [
        FeedEntry(uuid5(step.proposal_id, f"follow-up/{step.number}"), step.recorded_on, step=step)
        for step in steps
    ]
    newest = sorted(entries, key=lambda entry: (entry.day, entry.id), reverse=True)
    return Content("feed.xml", {"entries": newest[:_FEED_ENTRIES]}, media_type=ATOM)


def _month(month: FiguresState) -> FiguresState:
    """Without small cells: registry publishes none, and this page does not rely on it."""
    return month.model_copy(
        update={name: public_count(getattr(month, name)) for name in rules.MONTHLY_COUNTS}
    )


def _overdue_days(today: date) -> Callable[[DecisionSummary], int]:
    def days(decision: DecisionSummary) -> int:
        return rules.overdue_days(decision.outcome, decision.progress, decision.due_on, today)

    return days


def _next_project_key(rows: Sequence[ProjectSummary]) -> str | None:
    """The key of the next page, if there is a row more than a page shows."""
    limit = _PROJECTS_PER_PAGE
    last = rows[limit - 1] if len(rows) > limit else None
    return f"{last.collection_ends_on}.{last.project_id}" if last else None
