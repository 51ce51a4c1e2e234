"""Campaigns, and the members who fit them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.campaigns.launches.rules import Campaign, CampaignState
from services.campaigns.orders.rules import Window
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_all
from services.runtime.refusal import require_found

queries = Queries("services.campaigns.launches")


@dataclass(frozen=True)
class SupplyGroup:
    """Members who fit in one stratum; with a reason, those who cannot be asked now."""

    stratum: str
    reason: str | None
    members: int
    later: int


async def insert_campaign(conn: Connection, campaign: Campaign, at: datetime) -> None:
    await execute(
        conn,
        queries.insert_campaign,
        id=campaign.id,
        project_id=campaign.project_id,
        title=campaign.title,
        audience=campaign.audience,
        quotas=campaign.quotas,
        wanted=campaign.wanted,
        first_day=campaign.first_day,
        window_days=campaign.window_days,
        state=campaign.state,
        created_at=at,
    )


async def list_campaigns(
    conn: Connection, ids: Sequence[UUID] = (), project_id: UUID | None = None
) -> list[Campaign]:
    """Oldest first: these, or those of a project."""
    rows = await fetch(conn, queries.list_campaigns, ids=ids, project_id=project_id)
    return [Campaign(**{**row, "state": CampaignState(row["state"])}) for row in rows]


async def find_campaign(conn: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFound."""
    campaigns = await list_campaigns(conn, [campaign_id])
    return require_found(next(iter(campaigns), None), campaign_id)


async def lock_campaigns(conn: Connection, ids: Sequence[UUID]) -> list[Campaign]:
    """In the order of their ids."""
    await execute(conn, queries.lock_campaigns, ids=ids)
    return sorted(await list_campaigns(conn, ids), key=lambda campaign: campaign.id)


async def update_launch(conn: Connection, campaign: Campaign) -> None:
    await execute(
        conn,
        queries.update_launch,
        id=campaign.id,
        state=campaign.state,
        seed=campaign.seed,
        commitment=campaign.commitment,
        launched_at=campaign.launched_at,
    )


async def list_supply(
    conn: Connection, campaign: Campaign, window: Window, until: date | None
) -> list[SupplyGroup]:
    return await fetch_all(
        conn,
        SupplyGroup,
        queries.list_supply,
        project_id=campaign.project_id,
        audience=campaign.audience,
        stratum_attribute=campaign.stratum_attribute,
        first_day=window.first_day,
        last_day=window.last_day,
        until=until,
    )


async def list_member_codes(conn: Connection) -> dict[str, frozenset[str]]:
    """Codes that members have, by attribute."""
    codes: dict[str, set[str]] = {}
    for row in await fetch(conn, queries.list_member_codes):
        codes.setdefault(row["attribute"], set()).add(row["code"])
    return {attribute: frozenset(values) for attribute, values in codes.items()}
