"""The public account as pages: projects, reports, decisions, follow-up, the charter's figures."""

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
from services.feedback.journal.use_cases import commits_to
from services.feedback.public_account import rules as promises
from services.feedback.public_account import store
from services.feedback.public_account import views as previews
from services.feedback.public_account.pages.site import (
    A_DAY,
    A_MINUTE,
    ATOM,
    Asked,
    Content,
    Endpoint,
    Load,
    Site,
)
from services.feedback.public_account.rules import OUTCOME_NAMES
from services.feedback.reports.rules.publication import MINIMUM_CELL, MONTHLY, method_of, shown
from services.runtime.postgres.database import Connection


class _VersionConvertor(IntegerConvertor):
    """A number that a column can hold; a longer one is the version of nothing."""

    regex = "[0-9]{1,15}"


register_url_convertor("version", _VersionConvertor())

_PROJECTS, _DECISIONS, _LATEST = 20, 25, 5
_STEPS, _NEWS = 30, 50
_UNDER_WAY = {None: None, "under_way": True, "closed": False}
_PROGRESS = ("overdue", *promises.PROGRESS)


@dataclass(frozen=True)
class Entry:
    """Of the feed: a report or a step."""

    id: UUID
    day: date
    report: store.ReportLine | None = None
    step: store.StepLine | None = None


def routes(site: Site) -> list[Route]:
    def page(load: Load, *takes: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await site.page(request, load, *takes)

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


async def home(conn: Connection, asked: Asked) -> Content:
    under_way = await store.public_projects(conn, True, asked.after, _PROJECTS + 1)
    counts = await store.count_answers(conn, asked.today)
    reports: dict[UUID, store.ReportLine] = {}
    for one in await store.latest_reports(conn, 2 * _LATEST):
        reports.setdefault(one.project_id, one)
    return Content(
        "home.html",
        {
            "projects": under_way[:_PROJECTS],
            "following": _after(under_way, _PROJECTS),
            "reports": list(reports.values())[:_LATEST],
            "answers": sum(one.answers for one in counts),
            "done": sum(one.answers for one in counts if one.progress == "done"),
            "overdue": sum(one.overdue for one in counts),
            "begins": asked.after is None,
        },
    )


async def projects(conn: Connection, asked: Asked) -> Content | None:
    state = asked.get("state")
    if state not in _UNDER_WAY:
        return None
    found = await store.public_projects(conn, _UNDER_WAY[state], asked.after, _PROJECTS + 1)
    return Content(
        "projects.html",
        {
            "projects": found[:_PROJECTS],
            "following": _after(found, _PROJECTS),
            "state": state,
            "begins": asked.after is None,
        },
    )


async def project(conn: Connection, asked: Asked, project_id: UUID) -> Content | None:
    found = await store.public_project(conn, project_id)
    if found is None:
        return None
    told = ProjectState.model_validate(found.body)
    return Content(
        "project.html",
        {
            "project": found,
            "told": told,
            "mandate": told.mandate,
            "method": method_of(found.body, found.collection),
            "duties": told.report_duties,
            "draws": [
                (commitment, seed, seed is not None and commits_to(commitment, seed))
                for commitment, seed in zip_longest(
                    told.draw_commitments, told.draw_seeds[: len(told.draw_commitments)]
                )
            ],
            "attention": found.collection.get("state") in ("ended", "synthesised")
            and shown(found.collection.get("contributions")) is not None,
        },
    )


async def report(
    conn: Connection, asked: Asked, project_id: UUID, version: int | None = None
) -> Content | None:
    """As published, for good: a version that was followed by another never changes any more."""
    found = await store.public_report(conn, project_id, version)
    if found is None:
        return None
    versions = await store.versions_of_project(conn, project_id, found.version)
    newest = found.versions[-1]["version"]
    replaced = version is not None and version < newest
    return Content(
        "report.html",
        {
            "report": previews.of_published(found, versions),
            "found": found,
            "replaced_by": next(one for one in found.versions if one["version"] == version + 1)
            if replaced and version is not None
            else None,
        },
        seconds=A_DAY if replaced else A_MINUTE,
    )


async def decisions(conn: Connection, asked: Asked) -> Content | None:
    outcome, progress = asked.get("outcome"), asked.get("progress")
    if outcome not in (None, *OUTCOME_NAMES) or progress not in (None, *_PROGRESS):
        return None
    found = await store.public_answers(
        conn, asked.after, _DECISIONS + 1, outcome, progress, asked.today
    )
    by_day = "due_on" if progress == "overdue" else "published_on"
    last = found[_DECISIONS - 1] if len(found) > _DECISIONS else None
    return Content(
        "decisions.html",
        {
            "answers": found[:_DECISIONS],
            "following": f"{getattr(last, by_day)}.{last.proposal_id}" if last else None,
            "chosen": outcome,
            "came_so_far": progress,
            "begins": asked.after is None,
            "overdue_days": _overdue(asked.today),
        },
    )


async def decision(conn: Connection, asked: Asked, proposal_id: UUID) -> Content | None:
    found = await store.public_decision(conn, proposal_id)
    if found is None:
        return None
    newest = found.versions[-1]
    return Content(
        "decision.html",
        {
            "found": found,
            "newest": previews.of_version(newest, None),
            "earlier": [
                (after, promises.changes(before, after))
                for before, after in zip(found.versions, found.versions[1:], strict=False)
            ],
            "overdue": promises.overdue_days(
                newest.outcome, found.progress, newest.due_on, asked.today
            ),
            "kept": newest.outcome != "not",
        },
    )


async def follow_up(conn: Connection, asked: Asked) -> Content:
    counts = await store.count_answers(conn, asked.today)
    kept = [one for one in counts if one.outcome != "not"]
    by_progress: Counter[str] = Counter()
    for one in kept:
        by_progress[one.progress] += one.answers
    return Content(
        "follow_up.html",
        {
            "by_progress": by_progress,
            "kept": sum(one.answers for one in kept),
            "overdue": sum(one.overdue for one in kept),
            "late": await store.public_answers(
                conn, None, _DECISIONS, None, "overdue", asked.today
            ),
            "steps": await store.latest_steps(conn, _STEPS),
            "overdue_days": _overdue(asked.today),
        },
    )


async def figures(conn: Connection, asked: Asked) -> Content:
    measured = await store.charter_figures(conn)
    counts = await store.count_answers(conn, asked.today)
    outcomes: Counter[str] = Counter()
    by_progress: Counter[str] = Counter()
    for one in counts:
        outcomes[one.outcome] += one.answers
        if one.outcome != "not":
            by_progress[one.progress] += one.answers
    return Content(
        "figures.html",
        {
            "measured": measured,
            "share_read": promises.share_read(measured.contributions, measured.read, MINIMUM_CELL),
            "answers": outcomes,
            "by_progress": by_progress,
            "overdue": sum(one.overdue for one in counts),
            "months": [_month(month) for month in await store.months(conn)],
        },
    )


async def journal(conn: Connection, asked: Asked) -> Content:
    return Content("journal.html")


async def feed(conn: Connection, asked: Asked) -> Content:
    """Reports and steps, each an entry for good: its id comes from what it is, not from where."""
    reports = await store.latest_reports(conn, _NEWS)
    steps = await store.latest_steps(conn, _NEWS)
    entries = [
        Entry(uuid5(one.project_id, f"report/{one.version}"), one.published_on, report=one)
        for one in reports
    ] + [
        Entry(uuid5(one.proposal_id, f"follow-up/{one.number}"), one.recorded_on, step=one)
        for one in steps
    ]
    newest = sorted(entries, key=lambda one: (one.day, one.id), reverse=True)[:_NEWS]
    return Content("feed.xml", {"entries": newest}, kind=ATOM)


def _month(month: FiguresState) -> FiguresState:
    """registry shows no small cell; neither does this page, whatever it heard."""
    return month.model_copy(update={name: shown(getattr(month, name)) for name in MONTHLY})


def _overdue(today: date) -> Callable[[store.AnswerLine], int]:
    def days(answer: store.AnswerLine) -> int:
        return promises.overdue_days(answer.outcome, answer.progress, answer.due_on, today)

    return days


def _after(found: Sequence[store.ProjectLine], most: int) -> str | None:
    """Where the next page begins, if there is one more than is shown."""
    last = found[most - 1] if len(found) > most else None
    return f"{last.collection_ends_on}.{last.project_id}" if last else None
