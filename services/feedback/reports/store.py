"""Reports being written and reports published; see `sql/reports.sql`."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.feedback import DecidedProposal, ReportState
from services.contracts.topics import topic_of
from services.feedback.reports.rules.publication import Draft, Report
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.feedback.reports", ".")


async def report_draft(conn: Connection, project_id: UUID) -> Draft:
    found = await db.maybe(conn, Draft, sql.report_draft, project_id)
    assert found is not None
    return found


async def lock_report_draft(conn: Connection, project_id: UUID) -> Draft:
    """Nobody else writes or publishes it until the transaction ends, once there is one."""
    return await db.maybe(conn, Draft, sql.lock_report_draft, project_id) or Draft(0, "")


async def save_report_draft(conn: Connection, project_id: UUID, draft: Draft, by: str) -> bool:
    """False: somebody else has just written the first one."""
    saved = await conn.fetchval(sql.save_report_draft, project_id, draft.version, draft.summary, by)
    return saved is not None


async def hold_synthesis(conn: Connection, project_id: UUID) -> int | None:
    """The collection's version, None while it is not known."""
    version: int | None = await conn.fetchval(sql.hold_synthesis, project_id)
    return version


async def told_version(conn: Connection, project_id: UUID) -> int:
    """Of a report that was published before this database was put back from a backup, else 0."""
    return int(await conn.fetchval(sql.told_version, topic_of(ReportState).name, str(project_id)))


async def publish_report(conn: Connection, report: Report, by: str) -> None:
    r = report
    await conn.execute(
        sql.publish_report,
        r.project_id,
        r.version,
        r.collection_version,
        r.draft_version,
        r.summary,
        r.method,
        by,
        r.published_on,
    )


async def published_reports(conn: Connection) -> list[Report]:
    return await db.many(conn, Report, sql.published_reports, None)


async def published_report(conn: Connection, project_id: UUID) -> Report | None:
    """The newest version."""
    return await db.maybe(conn, Report, sql.published_reports, project_id)


async def decided_proposals(
    conn: Connection, project_ids: Sequence[UUID]
) -> dict[UUID, list[DecidedProposal]]:
    found: dict[UUID, list[DecidedProposal]] = {id: [] for id in project_ids}
    for row in await conn.fetch(sql.decided_proposals, project_ids):
        found[row["project_id"]].append(
            DecidedProposal(proposal_id=row["proposal_id"], version=row["proposal_version"])
        )
    return found


async def lock_all_reports(conn: Connection) -> None:
    await conn.execute(sql.lock_all_reports)
