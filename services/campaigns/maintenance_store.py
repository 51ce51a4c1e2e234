"""Republishing and numbers for operators; see `sql/upkeep.sql`."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection


async def send_unanswered_again(conn: Connection, topic: str, at: datetime) -> int:
    done = await conn.execute(sql.send_unanswered_again, topic, at)
    return int(done.rpartition(" ")[2])


@dataclass(frozen=True)
class Erased:
    member_id: UUID
    version: int
    gone_on: date


async def erased(conn: Connection, today: date) -> list[Erased]:
    return await db.many(conn, Erased, sql.erased, today)


async def ledger_states(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await conn.fetch(sql.ledger_states)}


async def invitation_states(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await conn.fetch(sql.invitation_states)}


async def incident_kinds(conn: Connection) -> dict[str, int]:
    return {row["kind"]: row["n"] for row in await conn.fetch(sql.incident_kinds)}


async def unanswered_orders(conn: Connection, today: date) -> int:
    number: int = await conn.fetchval(sql.unanswered_orders, today)
    return number


async def reports_owed(conn: Connection, today: date) -> int:
    number: int = await conn.fetchval(sql.reports_owed, today)
    return number
