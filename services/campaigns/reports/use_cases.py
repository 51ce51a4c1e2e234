"""From a published report to a closed project (charter: a formal return on the proposals).

A report, the synthesis it answers and the end of collection become known here in any order: the
last one to come starts the duties, or the sweep does. Everybody locks the project first, so a
project is not closed while something new becomes owed.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.campaigns.draws.use_cases import PARIS
from services.campaigns.launches.rules import NOTICE_DAYS, Window, first_sendable_day, window
from services.campaigns.projects import store as projects
from services.campaigns.projects.use_cases import save, tell
from services.campaigns.reports import store
from services.contracts.events.campaigns import OrderState
from services.contracts.events.feedback import ReportState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection

_ORDERS = topic_of(OrderState).name


async def learn_reports(conn: Connection, clock: Clock, events: Sequence[ReportState]) -> None:
    newer = await store.know_reports(
        conn, [(e.project_id, e.version, e.collection_version, e.published_on) for e in events]
    )
    await move_on(conn, clock, newer)


async def move_on(conn: Connection, clock: Clock, project_ids: Sequence[UUID]) -> None:
    """Begin to report, or close, those of the projects that can."""
    if project_ids:
        await _move(conn, clock, await store.lock_reports(conn, project_ids))


async def sweep_reports(conn: Connection, clock: Clock) -> None:
    """Whatever can move on anywhere; and what was refused is judged again, or ordered anew."""
    locked = await store.lock_reports(conn, None)
    if locked:
        await store.look_again(
            conn, locked, notice_window(clock), clock.now(), _ORDERS, clock.today()
        )
        await _move(conn, clock, locked)


async def _move(conn: Connection, clock: Clock, locked: Sequence[UUID]) -> None:
    for project_id, report_version in (await store.due_reports(conn, locked)).items():
        await _begin(conn, clock, project_id, report_version)
    for project_id in await store.close_projects(conn, locked):
        closed = await projects.read_project(conn, project_id)
        assert closed is not None
        await tell(conn, clock, closed)


async def _begin(conn: Connection, clock: Clock, project_id: UUID, report_version: int) -> None:
    """The project owes this report from now on, and each participant's is ordered."""
    project = (await projects.lock_project(conn, project_id)).begin_reporting(report_version)
    # Before its duties: a closed project owes nothing.
    await projects.save_project(conn, project, clock.now())
    await store.stop_older(conn, project_id, report_version, clock.now(), _ORDERS)
    created = await store.create_duties(
        conn,
        project_id,
        report_version,
        project.version,
        notice_window(clock),
        clock.now(),
        _ORDERS,
    )
    duties = {"report_version": report_version, "sent": 0, "undeliverable": 0, **created}
    await save(conn, clock, replace(project, report_duties=duties))


def notice_window(clock: Clock) -> Window:
    """The days in which a notice that is ordered now may be sent."""
    days = window(first_sendable_day(clock.now().astimezone(PARIS)), None, NOTICE_DAYS, None)
    assert days is not None
    return days
