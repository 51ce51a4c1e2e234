"""What was told before a restore, taken over from the table `told`; see `sql/recovery.sql`."""

from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.campaigns.queries import sql
from services.runtime.postgres.database import Connection

# Reporting and closing follow from what feedback and registry tell.
_WAY = ("draft", "published", "open", "recruited", "collected")
_BEYOND = ("reporting", "closed")


async def recover_projects(conn: Connection, topic: str, now: datetime) -> None:
    await conn.execute(sql.recover_new_projects, topic, now)
    await conn.execute(sql.recover_mandate_changes, topic)
    await conn.execute(sql.recover_decision_makers, topic)
    await conn.execute(sql.recover_projects, topic, now)
    for before, after in pairwise(_WAY):
        beyond = [*_WAY[_WAY.index(after) :], *_BEYOND]
        await conn.execute(sql.step_projects, topic, before, after, beyond)
    for before in ("draft", "published"):
        await conn.execute(sql.step_projects, topic, before, "abandoned", [])


async def outgrow_lost_topics(conn: Connection, topic: str, now: datetime) -> bool:
    """Whether the topic was lost as well: nobody then believes the versions of the backup."""
    lost = bool(await conn.fetchval(sql.projects_unheard, topic))
    if lost:
        await conn.execute(sql.outgrow_projects, now)
    return lost


async def recover_orders(conn: Connection, topic: str, now: datetime) -> None:
    """With what they prove: who was invited, who accepted, to whom a report is due."""
    await conn.execute(sql.recover_orders, topic, now)
    await conn.execute(sql.recover_invitations)
    await conn.execute(sql.recover_acceptances)
    await conn.execute(sql.recover_participations)
    await conn.execute(sql.recover_promotions)
    await conn.execute(sql.recover_places)
    await conn.execute(sql.begin_reporting)
    await conn.execute(sql.recover_duties)


async def stop_issuing(conn: Connection, topic: str) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.stop_issuing, topic)]


async def reporting_projects(conn: Connection) -> list[tuple[UUID, int, int]]:
    """(project, version of the report it owes, its own version)"""
    rows = await conn.fetch(sql.reporting_projects)
    return [(row["id"], row["report_version"], row["version"]) for row in rows]


async def recover_ledger(conn: Connection) -> None:
    """Once registry's answers were heard again."""
    await conn.execute(sql.recover_ledger)
    await conn.execute(sql.reorder_invitations)
    await conn.execute(sql.settle_invitations)
    await conn.execute(sql.expire_unanswered)
