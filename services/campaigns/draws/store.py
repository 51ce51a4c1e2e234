"""Draws and their results, set by set: each statement works on a whole draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from services.campaigns.launches.rules import Campaign, CampaignState
from services.campaigns.orders.rules import Window
from services.campaigns.orders.store import ORDERS_TOPIC
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, execute_counted, fetch

queries = Queries("services.campaigns.draws")


@dataclass(frozen=True)
class DueCampaign:
    """A launched campaign to draw for, and the last day of its project's recruitment."""

    campaign: Campaign
    recruitment_ends_on: date


@dataclass(frozen=True)
class Demand:
    """The gap of one stratum of one campaign."""

    entry: int
    campaign_id: UUID
    stratum: str
    gap: int
    window: Window


@dataclass(frozen=True)
class DrawnCampaign:
    campaign_id: UUID
    window: Window
    asked: int
    not_asked: dict[str, int]


async def list_due_campaigns(conn: Connection, today: date) -> list[DueCampaign]:
    due = []
    for row in await fetch(conn, queries.list_due_campaigns, today=today):
        columns = {**row, "state": CampaignState(row["state"])}
        recruitment_ends_on = columns.pop("recruitment_ends_on")
        due.append(DueCampaign(Campaign(**columns), recruitment_ends_on))
    return due


async def count_asked(
    conn: Connection, campaign_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], int]:
    """Members asked so far, by campaign and stratum."""
    rows = await fetch(conn, queries.count_asked, campaign_ids=campaign_ids)
    return {(row["campaign_id"], row["stratum"]): row["asked"] for row in rows}


async def update_drawn_on(conn: Connection, campaign_ids: Sequence[UUID], today: date) -> None:
    await execute(conn, queries.update_drawn_on, campaign_ids=campaign_ids, today=today)


async def begin_draw(conn: Connection, demands: Sequence[Demand]) -> None:
    """Become the role that cannot read replies, and enter the gaps."""
    await execute(conn, queries.plan_each_time)
    await execute(conn, queries.sort_in_memory)
    await execute(conn, queries.become_draw)
    await execute(conn, queries.create_demand)
    await execute(conn, queries.create_candidate)
    await execute(conn, queries.create_chosen)
    await execute(
        conn,
        queries.insert_demand,
        entries=[demand.entry for demand in demands],
        campaign_ids=[demand.campaign_id for demand in demands],
        strata=[demand.stratum for demand in demands],
        wanted=[demand.gap for demand in demands],
        first_days=[demand.window.first_day for demand in demands],
        last_days=[demand.window.last_day for demand in demands],
    )


async def insert_candidates(conn: Connection, campaign: Campaign, window: Window) -> None:
    await execute(
        conn,
        queries.insert_candidates,
        campaign_id=campaign.id,
        seed=campaign.seed,
        project_id=campaign.project_id,
        audience=campaign.audience,
        stratum_attribute=campaign.stratum_attribute,
        first_day=window.first_day,
        last_day=window.last_day,
    )


async def index_candidates(conn: Connection, strata: int) -> None:
    if strata > 1:
        await execute(conn, queries.index_candidates)
    await execute(conn, queries.analyze_candidates)


async def draw_round(conn: Connection, seed: bytes, round_: int, reach: int) -> int:
    """Draw one round; returns the number of members drawn."""
    count = await execute_counted(conn, queries.draw_round, seed=seed, round=round_, reach=reach)
    await execute(conn, queries.analyze_chosen)
    return count


async def count_fitting(conn: Connection) -> dict[UUID, dict[str | None, int]]:
    """Members who entered, by campaign and reason why not; None for those who could be asked."""
    counts: dict[UUID, dict[str | None, int]] = {}
    for row in await fetch(conn, queries.count_fitting):
        counts.setdefault(row["campaign_id"], {})[row["reason"]] = row["members"]
    return counts


async def become_service(conn: Connection) -> None:
    await execute(conn, queries.become_service)
    await execute(conn, queries.plan_once)


async def insert_draw(
    conn: Connection, draw_id: UUID, seed: bytes, at: datetime, drawn: Sequence[DrawnCampaign]
) -> None:
    await execute(conn, queries.insert_draw, id=draw_id, seed=seed, drawn_at=at)
    await execute(
        conn,
        queries.insert_draw_campaigns,
        draw_id=draw_id,
        campaign_ids=[campaign.campaign_id for campaign in drawn],
        first_days=[campaign.window.first_day for campaign in drawn],
        last_days=[campaign.window.last_day for campaign in drawn],
        asked=[campaign.asked for campaign in drawn],
        not_asked=[orjson.dumps(campaign.not_asked).decode() for campaign in drawn],
    )
    await execute(conn, queries.insert_draw_strata, draw_id=draw_id)


async def order_chosen(conn: Connection, at: datetime) -> dict[UUID, int]:
    """Write orders, events, reservations and invitations; returns the orders of each campaign."""
    await execute(conn, queries.create_asked)
    await execute(conn, queries.insert_asked)
    await execute(conn, queries.insert_orders, at=at, topic=ORDERS_TOPIC)
    await execute(conn, queries.insert_reservations)
    await execute(conn, queries.insert_invitations)
    await execute(conn, queries.update_invitations)
    rows = await fetch(conn, queries.count_ordered)
    return {row["campaign_id"]: row["ordered"] for row in rows}
