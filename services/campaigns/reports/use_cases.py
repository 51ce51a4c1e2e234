"""From a published report to a closed project (charter: a formal return on the proposals).

The report, the synthesis it answers and the end of collection arrive here in any order: the last of
them starts the duties, or the sweep does. Every transaction locks the project first, so a project
is not closed while something new becomes owed.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.campaigns.orders.rules import notice_window
from services.campaigns.projects import store as projects
from services.campaigns.projects.use_cases import publish_state, save_public_project
from services.campaigns.reports import store
from services.campaigns.reports.rules import Report
from services.contracts.events.feedback import ReportState
from services.contracts.events.responses import CollectionState
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def apply_report_state(conn: Connection, clock: Clock, events: Sequence[ReportState]) -> None:
    reports = [
        Report(event.project_id, event.version, event.collection_version, event.published_on)
        for event in events
    ]
    await advance_reports(conn, clock, await store.upsert_reports(conn, reports))


async def apply_collection_state(
    conn: Connection, clock: Clock, events: Sequence[CollectionState]
) -> None:
    states = [(event.project_id, event.version, event.state) for event in events]
    project_ids = await projects.upsert_collections(conn, states)
    for project_id in project_ids:
        await outbox.write_hint(conn, clock, "project", project_id)
    await advance_reports(conn, clock, project_ids)


async def advance_reports(conn: Connection, clock: Clock, project_ids: Sequence[UUID]) -> None:
    """Begin to report, or close, those of the projects that can."""
    if project_ids:
        await _advance(conn, clock, await store.lock_advancing_projects(conn, project_ids))


async def sweep_reports(conn: Connection, clock: Clock) -> None:
    """Advance every project that can; refused reports are ordered anew or recorded as such."""
    locked = await store.lock_advancing_projects(conn)
    if locked:
        at = clock.now()
        await store.reorder_refused(conn, locked, notice_window(at), at, clock.today())
        await _advance(conn, clock, locked)


async def _advance(conn: Connection, clock: Clock, locked: Sequence[UUID]) -> None:
    for project_id, report_version in (await store.list_due_reports(conn, locked)).items():
        await _begin_reporting(conn, clock, project_id, report_version)
    for project_id in await store.close_projects(conn, locked):
        await publish_state(conn, clock, await projects.find_project(conn, project_id))


async def _begin_reporting(
    conn: Connection, clock: Clock, project_id: UUID, report_version: int
) -> None:
    """Owe this report from now on, and order each participant's."""
    at = clock.now()
    project = (await projects.lock_project(conn, project_id)).begin_reporting(report_version)
    # Before the duties: a closed project cannot owe any.
    await projects.update_project(conn, project, at)
    await store.cancel_older_reports(conn, project_id, report_version, at)
    created = await store.insert_duties(
        conn, project_id, report_version, project.version, notice_window(at), at
    )
    duties = {"report_version": report_version, "sent": 0, "undeliverable": 0, **created}
    await save_public_project(conn, clock, replace(project, report_duties=duties))
