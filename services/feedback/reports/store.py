"""Report drafts and published reports."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from services.contracts.events.feedback import DecidedProposal, ReportState
from services.contracts.topics import topic_of
from services.feedback.decisions.store import ProposalDecision, list_decisions
from services.feedback.projects.rules import ProjectRecord
from services.feedback.projects.store import find_project, find_source_events
from services.feedback.reports.rules.method import method_of
from services.feedback.reports.rules.publication import Report, ReportDraft
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_value,
)

queries = Queries("services.feedback.reports")


@dataclass(frozen=True)
class ProjectOverview:
    """All that a report is made of; `method` is the method note of a report published now."""

    project: ProjectRecord
    decisions: Sequence[ProposalDecision]
    draft: ReportDraft
    published: Report | None
    method: dict[str, Any]


async def find_overview(conn: Connection, project_id: UUID) -> ProjectOverview:
    """Raises NotFound."""
    project = await find_project(conn, project_id)
    sources = await find_source_events(conn, project_id)
    return ProjectOverview(
        project=project,
        decisions=await list_decisions(conn, project_id),
        draft=await find_report_draft(conn, project_id),
        published=await find_published_report(conn, project_id),
        method=method_of(sources.project, sources.collection),
    )


async def find_report_draft(conn: Connection, project_id: UUID) -> ReportDraft:
    draft = await fetch_optional(
        conn, ReportDraft, queries.find_report_draft, project_id=project_id
    )
    assert draft is not None
    return draft


async def lock_report_draft(conn: Connection, project_id: UUID) -> ReportDraft:
    """Nobody else writes or publishes it until the transaction ends, unless there is none yet."""
    draft = await fetch_optional(
        conn, ReportDraft, queries.lock_report_draft, project_id=project_id
    )
    return draft or ReportDraft(0, "")


async def upsert_report_draft(
    conn: Connection, project_id: UUID, draft: ReportDraft, author: str
) -> bool:
    """False: a concurrent request has inserted the first draft."""
    stored = await fetch_value(
        conn, queries.upsert_report_draft, project_id=project_id, author=author, **asdict(draft)
    )
    return stored is not None


async def lock_synthesis(conn: Connection, project_id: UUID) -> None:
    """Neither the list of proposals nor a decision on one changes until the transaction ends."""
    await execute(conn, queries.lock_synthesis, project_id=project_id)


async def find_version_before_restore(conn: Connection, project_id: UUID) -> int:
    """Of a report that only its topic knows after a restore from a backup, else 0."""
    topic = topic_of(ReportState).name
    version = await fetch_value(
        conn, queries.find_version_before_restore, topic=topic, project_id=str(project_id)
    )
    return int(version)


async def insert_published_report(conn: Connection, report: Report, published_by: str) -> None:
    await execute(
        conn, queries.insert_published_report, published_by=published_by, **asdict(report)
    )


async def list_published_reports(conn: Connection) -> list[Report]:
    """The newest version of each."""
    return await fetch_all(conn, Report, queries.list_published_reports, project_id=None)


async def find_published_report(conn: Connection, project_id: UUID) -> Report | None:
    """The newest version."""
    return await fetch_optional(conn, Report, queries.list_published_reports, project_id=project_id)


async def list_decided_proposals(
    conn: Connection, project_ids: Sequence[UUID]
) -> dict[UUID, list[DecidedProposal]]:
    """By project."""
    decided: dict[UUID, list[DecidedProposal]] = {id: [] for id in project_ids}
    for row in await fetch(conn, queries.list_decided_proposals, project_ids=project_ids):
        decided[row["project_id"]].append(
            DecidedProposal(proposal_id=row["proposal_id"], version=row["proposal_version"])
        )
    return decided


async def lock_all_report_drafts(conn: Connection) -> None:
    await execute(conn, queries.lock_all_report_drafts)
