"""The report of a project: written, looked at, and published with its decisions in one commit.

From that commit on it is owed to every participant: `campaigns` hears of it and sees to that.
"""

from uuid import UUID

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.http.feedback import PublishReport, WriteReport
from services.feedback.decisions import store as decisions
from services.feedback.decisions.views import decision_state, report_state
from services.feedback.journal import use_cases as journal
from services.feedback.projects import store as standings
from services.feedback.reports import store
from services.feedback.reports.rules import publication as rules
from services.feedback.reports.rules.publication import Report
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def write_report(
    conn: Connection, clock: Clock, author: Staff, project_id: UUID, written: WriteReport
) -> None:
    """Raises NotFound, ReportChanged, SummaryMissing."""
    await standings.standing(conn, project_id)
    held = await store.lock_report_draft(conn, project_id)
    draft = rules.write(held, written.summary, written.version)
    if not await store.save_report_draft(conn, project_id, draft, author.name):
        raise rules.ReportChanged
    await outbox.write_hint(conn, clock, "report", project_id)


async def publish_report(
    conn: Connection,
    clock: Clock,
    staff: Staff,
    project_id: UUID,
    asked: PublishReport,
    public_url: str,
) -> Report:
    """With every signed decision; the database refuses one that leaves a proposal unanswered.

    Raises NotFound, ReportChanged, ReportBlocked, NothingNew."""
    await store.hold_synthesis(conn, project_id)
    draft = await store.lock_report_draft(conn, project_id)
    standing = await standings.standing(conn, project_id)
    rules.refuse_unless_ready(standing, draft, asked.version)
    told = await standings.bodies(conn, project_id)
    latest = max(standing.report_version or 0, await store.told_version(conn, project_id))
    report = Report(
        project_id=project_id,
        version=latest + 1,
        collection_version=told.version,
        draft_version=draft.version,
        summary=draft.summary,
        method=rules.method_of(told.project, told.collection),
        published_on=clock.today(),
    )
    await store.publish_report(conn, report, staff.name)
    published = await decisions.publish_decisions(conn, project_id, report.version, clock.today())
    found = await decisions.published_states(conn, published)
    states = [decision_state(one) for one in found]
    await outbox.write_many(conn, clock, states)
    decided = await store.decided_proposals(conn, [project_id])
    state = report_state(report, decided[project_id], public_url)
    await outbox.write(conn, clock, state)
    await journal.record(conn, clock, [*journal.of_decisions(states), journal.of_report(state)])
    return report


async def republish(conn: Connection, clock: Clock, public_url: str) -> dict[str, int]:
    """Every published decision and the newest report of every project, as they stand."""
    await store.lock_all_reports(conn)
    await decisions.lock_all_decisions(conn)
    states = await decisions.published_states(conn)
    reports = await store.published_reports(conn)
    decided = await store.decided_proposals(conn, [one.project_id for one in reports])
    await outbox.write_many(conn, clock, [decision_state(one) for one in states])
    await outbox.write_many(
        conn, clock, [report_state(one, decided[one.project_id], public_url) for one in reports]
    )
    return {DecisionState.event_type: len(states), ReportState.event_type: len(reports)}
