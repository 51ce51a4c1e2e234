"""Republishing and numbers for operators; see `sql/upkeep.sql`."""

from datetime import date, datetime

from services.campaigns.store import sql
from services.runtime.db import Connection


async def send_unanswered_again(conn: Connection, topic: str, at: datetime) -> int:
    done = await conn.execute(sql.send_unanswered_again, topic, at, timeout=900)
    return int(done.rpartition(" ")[2])


async def ledger_states(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await conn.fetch(sql.ledger_states)}


async def invitation_states(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await conn.fetch(sql.invitation_states)}


async def incident_kinds(conn: Connection) -> dict[str, int]:
    return {row["kind"]: row["n"] for row in await conn.fetch(sql.incident_kinds)}


async def unanswered_orders(conn: Connection, today: date) -> int:
    number: int = await conn.fetchval(sql.unanswered_orders, today)
    return number


async def reports_owed(conn: Connection) -> int:
    number: int = await conn.fetchval(sql.reports_owed)
    return number
