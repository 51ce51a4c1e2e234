"""Writing the report of a project, and publishing it with its decisions in one commit.

From that commit on it is owed to every participant: `campaigns` receives the event and orders the
notices.
"""

from uuid import UUID

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.http.feedback import PublishReport, WriteReport
from services.feedback.decisions.store import (
    insert_published_decisions,
    list_published_decisions,
    lock_all_decisions,
)
from services.feedback.decisions.views import decision_state
from services.feedback.journal import use_cases as journal
from services.feedback.journal.views import decision_entries, report_entry
from services.feedback.projects.store import find_project, find_source_events
from services.feedback.reports import store
from services.feedback.reports.rules import publication as rules
from services.feedback.reports.rules.method import method_of
from services.feedback.reports.rules.publication import Report
from services.feedback.reports.views import report_state
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def write_report(
    conn: Connection, clock: Clock, author: Staff, project_id: UUID, command: WriteReport
) -> None:
    """Raises NotFound, ReportChanged, SummaryMissing."""
    await find_project(conn, project_id)
    current = await store.lock_report_draft(conn, project_id)
    draft = rules.write(current, command.summary, command.version)
    if not await store.upsert_report_draft(conn, project_id, draft, author.name):
        raise rules.ReportChanged
    await outbox.write_hint(conn, clock, "report", project_id)


async def publish_report(
    conn: Connection,
    clock: Clock,
    staff: Staff,
    project_id: UUID,
    command: PublishReport,
    public_url: str,
) -> Report:
    """Publish it with every signed decision; a constraint refuses an undecided proposal.

    Raises NotFound, ReportChanged, ReportBlocked, NothingNew."""
    await store.lock_synthesis(conn, project_id)
    draft = await store.lock_report_draft(conn, project_id)
    project = await find_project(conn, project_id)
    rules.refuse_unless_ready(project, draft, command.version)
    sources = await find_source_events(conn, project_id)
    restored = await store.find_version_before_restore(conn, project_id)
    report = Report(
        project_id=project_id,
        version=max(project.report_version or 0, restored) + 1,
        collection_version=sources.collection_version,
        draft_version=draft.version,
        summary=draft.summary,
        method=method_of(sources.project, sources.collection),
        published_on=clock.today(),
    )
    await store.insert_published_report(conn, report, staff.name)
    proposal_ids = await insert_published_decisions(conn, project_id, report.version, clock.today())
    decisions = await list_published_decisions(conn, proposal_ids)
    states = [decision_state(decision) for decision in decisions]
    await outbox.write_many(conn, clock, states)
    decided = await store.list_decided_proposals(conn, [project_id])
    state = report_state(report, decided[project_id], public_url)
    await outbox.write(conn, clock, state)
    await journal.record(conn, clock, [*decision_entries(states), report_entry(state)])
    return report


async def republish(conn: Connection, clock: Clock, public_url: str) -> dict[str, int]:
    """Write the state of every published decision and newest report to the outbox again.

    Returns the number of events by type."""
    await store.lock_all_report_drafts(conn)
    await lock_all_decisions(conn)
    states = [decision_state(decision) for decision in await list_published_decisions(conn)]
    reports = await store.list_published_reports(conn)
    decided = await store.list_decided_proposals(conn, [report.project_id for report in reports])
    await outbox.write_many(conn, clock, states)
    await outbox.write_many(
        conn,
        clock,
        [report_state(report, decided[report.project_id], public_url) for report in reports],
    )
    return {DecisionState.event_type: len(states), ReportState.event_type: len(reports)}
