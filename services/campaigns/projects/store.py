"""Projects and campaigns as rows; see `sql/projects.sql`."""

from datetime import date, datetime
from uuid import UUID

from services.campaigns.launches.rules import Campaign
from services.campaigns.projects.rules import Committed, MandateChange, Project, Roster
from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound


async def insert_project(conn: Connection, project: Project, at: datetime) -> None:
    p = project
    await conn.execute(
        sql.insert_project,
        p.id,
        p.version,
        p.state,
        p.title,
        p.nature,
        p.why,
        p.stakes,
        p.objectives,
        p.purpose,
        p.decision_maker_name,
        p.decision_maker_role,
        p.who,
        p.how,
        p.compensation_terms,
        p.compensation_reference,
        p.recruitment_ends_on,
        p.collection_ends_on,
        p.places,
        p.free_places,
        p.anonymity_floor,
        p.asked,
        p.joined,
        p.ended_early_reason,
        at,
        p.decision_maker_account,
    )


async def lock_project(conn: Connection, project_id: UUID) -> Project:
    """Raises NotFound."""
    project = await db.maybe(conn, Project, sql.lock_project, project_id)
    if project is None:
        raise NotFound(what=project_id)
    return project


async def save_project(conn: Connection, project: Project, at: datetime) -> None:
    p = project
    await conn.execute(
        sql.save_project,
        p.id,
        p.version,
        p.state,
        p.title,
        p.nature,
        p.why,
        p.stakes,
        p.objectives,
        p.purpose,
        p.decision_maker_name,
        p.decision_maker_role,
        p.who,
        p.how,
        p.compensation_terms,
        p.compensation_reference,
        p.recruitment_ends_on,
        p.collection_ends_on,
        p.anonymity_floor,
        p.asked,
        p.joined,
        p.ended_early_reason,
        p.credential_key,
        p.credentials_issued,
        p.report_version,
        p.report_duties,
        at if p.state == "published" else None,
        p.decision_maker_account,
    )


async def set_places(conn: Connection, project_id: UUID, places: int | None) -> None:
    await conn.execute(sql.set_places, project_id, places)


async def launches(conn: Connection, project_id: UUID) -> list[Committed]:
    rows = await conn.fetch(sql.launches, project_id)
    return [Committed(row["commitment"], row["seed"]) for row in rows]


async def keep_mandate_change(
    conn: Connection, before: Project, after: Project, reason: str, by: str, at: datetime
) -> None:
    await conn.execute(
        sql.keep_mandate_change,
        after.id,
        after.version,
        before.decision_maker_name,
        before.decision_maker_role,
        after.decision_maker_name,
        after.decision_maker_role,
        reason,
        by,
        at,
        before.decision_maker_account,
        after.decision_maker_account,
    )


async def mandate_changes(conn: Connection, project_id: UUID) -> list[MandateChange]:
    return await db.many(conn, MandateChange, sql.mandate_changes, project_id)


async def all_mandate_changes(conn: Connection) -> dict[UUID, list[MandateChange]]:
    found: dict[UUID, list[MandateChange]] = {}
    for row in await conn.fetch(sql.all_mandate_changes):
        values = dict(row)
        found.setdefault(values.pop("project_id"), []).append(MandateChange(**values))
    return found


async def collection_state(conn: Connection, project_id: UUID) -> str | None:
    state: str | None = await conn.fetchval(sql.collection_state, project_id)
    return state


async def issuing_stopped(conn: Connection, project_id: UUID) -> bool:
    return bool(await conn.fetchval(sql.issuing_stopped, project_id))


async def insert_campaign(conn: Connection, campaign: Campaign, at: datetime) -> None:
    c = campaign
    await conn.execute(
        sql.insert_campaign,
        c.id,
        c.project_id,
        c.title,
        c.audience,
        c.quotas,
        c.wanted,
        c.first_day,
        c.window_days,
        at,
    )


async def lock_campaigns(conn: Connection, campaign_ids: list[UUID]) -> list[Campaign]:
    return await db.many(conn, Campaign, sql.lock_campaigns, campaign_ids)


async def read_campaign(conn: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFound."""
    campaign = await db.maybe(conn, Campaign, sql.read_campaign, campaign_id)
    if campaign is None:
        raise NotFound(what=campaign_id)
    return campaign


async def commit_launch(conn: Connection, campaign: Campaign) -> None:
    await conn.execute(
        sql.commit_launch, campaign.id, campaign.seed, campaign.commitment, campaign.launched_at
    )


async def over_recruitment(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.over_recruitment, today)]


async def over_collection(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.over_collection, today)]


async def roster(conn: Connection, project_id: UUID) -> Roster:
    """Under the project's lock."""
    found = await db.maybe(conn, Roster, sql.roster, project_id)
    assert found is not None
    return found


async def credentials_issued(conn: Connection, project_id: UUID) -> int | None:
    """Under the project's lock."""
    issued: int | None = await conn.fetchval(sql.credentials_issued, project_id)
    return issued


async def expire_invitations(conn: Connection, project_id: UUID) -> None:
    await conn.execute(sql.expire_invitations, project_id)


async def published_projects(conn: Connection) -> list[Project]:
    return await db.many(conn, Project, sql.published_projects)


async def all_launches(conn: Connection) -> dict[UUID, list[Committed]]:
    found: dict[UUID, list[Committed]] = {}
    for row in await conn.fetch(sql.all_launches):
        found.setdefault(row["project_id"], []).append(Committed(row["commitment"], row["seed"]))
    return found


async def read_project(conn: Connection, project_id: UUID) -> Project | None:
    return await db.maybe(conn, Project, sql.read_project, project_id)
