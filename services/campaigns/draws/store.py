"""Drawing and writing what was drawn, set by set; see `sql/draw.sql`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.campaigns.launches.rules import Campaign, Window
from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock


@dataclass(frozen=True)
class Due:
    """A launched campaign to draw for, and until when its project recruits."""

    campaign: Campaign
    recruitment_ends_on: date


@dataclass(frozen=True)
class Demand:
    """What one stratum of one campaign still misses."""

    entry: int
    campaign_id: UUID
    stratum: str
    wanted: int
    window: Window


@dataclass(frozen=True)
class Fitting:
    stratum: str
    reason: str | None
    members: int
    later: int


@dataclass(frozen=True)
class DrawnCampaign:
    campaign_id: UUID
    window: Window
    asked: int
    not_asked: dict[str, int]


async def allocation_lock(conn: Connection) -> None:
    await conn.execute(sql.allocation_lock, AdvisoryLock.ALLOCATION)


async def due_campaigns(conn: Connection, today: date) -> list[Due]:
    found = []
    for row in await conn.fetch(sql.due_campaigns, today):
        values: dict[str, Any] = dict(row)
        ends_on = values.pop("recruitment_ends_on")
        found.append(Due(Campaign(**values), ends_on))
    return found


async def asked_so_far(conn: Connection, campaigns: list[UUID]) -> dict[tuple[UUID, str], int]:
    rows = await conn.fetch(sql.asked_so_far, campaigns)
    return {(row["campaign_id"], row["stratum"]): row["asked"] for row in rows}


async def mark_drawn(conn: Connection, campaigns: list[UUID], today: date) -> None:
    await conn.execute(sql.mark_drawn, campaigns, today)


async def begin(conn: Connection, demands: list[Demand]) -> None:
    """Become the role that cannot read answers, and say what is missing."""
    await conn.execute(sql.plan_each_time)
    await conn.execute(sql.sort_in_memory)
    await conn.execute(sql.become_draw)
    for table in (sql.make_demand, sql.make_candidate, sql.make_chosen):
        await conn.execute(table)
    await conn.execute(
        sql.demand_is,
        [d.entry for d in demands],
        [d.campaign_id for d in demands],
        [d.stratum for d in demands],
        [d.wanted for d in demands],
        [d.window.first_day for d in demands],
        [d.window.last_day for d in demands],
    )


async def enter_draw(conn: Connection, campaign: Campaign, window: Window) -> None:
    await conn.execute(
        sql.enter_draw,
        campaign.id,
        campaign.seed,
        campaign.project_id,
        campaign.audience,
        campaign.stratum_attribute,
        window.first_day,
        window.last_day,
    )


async def index_candidates(conn: Connection, strata: int) -> None:
    if strata > 1:
        await conn.execute(sql.index_candidates)
    await conn.execute(sql.analyze_candidates)


async def draw_round(conn: Connection, seed: bytes, round_: int, look: int) -> int:
    """One round; returns how many were drawn."""
    done = await conn.execute(sql.draw_round, seed, round_, look)
    await conn.execute(sql.analyze_chosen)
    return int(done.rpartition(" ")[2])


async def fitting(conn: Connection) -> dict[UUID, dict[str | None, int]]:
    """Who entered, per campaign: by reason why not, None for who could be asked."""
    counts: dict[UUID, dict[str | None, int]] = {}
    for row in await conn.fetch(sql.fitting):
        counts.setdefault(row["campaign_id"], {})[row["reason"]] = row["members"]
    return counts


async def keep_draw(
    conn: Connection, draw_id: UUID, seed: bytes, at: datetime, drawn: list[DrawnCampaign]
) -> None:
    await conn.execute(sql.keep_draw, draw_id, seed, at)
    await conn.execute(
        sql.keep_draw_campaigns,
        draw_id,
        [d.campaign_id for d in drawn],
        [d.window.first_day for d in drawn],
        [d.window.last_day for d in drawn],
        [d.asked for d in drawn],
        [orjson.dumps(d.not_asked).decode() for d in drawn],
    )
    await conn.execute(sql.keep_draw_strata, draw_id)


async def order_chosen(conn: Connection, topic: str, at: datetime) -> dict[UUID, int]:
    """Write orders, reservations, invitations and events; returns how many for each campaign."""
    await conn.execute(sql.make_asked)
    await conn.execute(sql.ask_chosen)
    await conn.execute(sql.order_asked, at)
    await conn.execute(sql.reserve_asked)
    await conn.execute(sql.invite_asked)
    await conn.execute(sql.invite_again)
    await conn.execute(sql.send_asked, topic, at)
    rows = await conn.fetch(sql.count_asked)
    return {row["campaign_id"]: row["asked"] for row in rows}


async def become_service(conn: Connection) -> None:
    await conn.execute(sql.become_service)
    await conn.execute(sql.plan_once)


async def preview(
    conn: Connection, campaign: Campaign, window: Window, until: date | None
) -> list[Fitting]:
    return await db.many(
        conn,
        Fitting,
        sql.preview,
        campaign.project_id,
        campaign.audience,
        campaign.stratum_attribute,
        window.first_day,
        window.last_day,
        until,
    )


async def held_codes(conn: Connection) -> dict[str, frozenset[str]]:
    """By attribute."""
    codes: dict[str, set[str]] = {}
    for row in await conn.fetch(sql.held_codes):
        codes.setdefault(row["attribute"], set()).add(row["code"])
    return {attribute: frozenset(values) for attribute, values in codes.items()}
