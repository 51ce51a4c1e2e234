"""Campaigns: prepared, previewed, launched.

A launch commits to its seed before eligibility is read, in that order and in one transaction, so
that nobody can choose a draw by its outcome.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from services.campaigns.launches import store
from services.campaigns.launches.rules import (
    SEED_BYTES,
    Campaign,
    CampaignState,
    WindowAfterRecruitment,
    relaxation,
)
from services.campaigns.launches.rules_audiences import (
    Vocabulary,
    coded_audience,
    unused_criteria,
)
from services.campaigns.launches.views import campaign_view
from services.campaigns.orders.rules import Window, first_sendable_day, sending_window
from services.campaigns.projects import store as projects
from services.campaigns.projects.rules import Project
from services.campaigns.projects.rules_refusals import NobodyCouldRespond
from services.campaigns.projects.use_cases import save_public_project, show_project
from services.contracts import codes
from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    Criterion,
    Preview,
    StratumPreview,
)
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

RandomBytes = Callable[[int], bytes]
MemberCodes = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Supply:
    """Members who fit a campaign, by stratum: all, askable now, askable before recruitment ends."""

    fitting: int
    fitting_by_stratum: dict[str, int]
    askable: dict[str, int]
    possible: dict[str, int]
    # By reason.
    not_askable: dict[str, int]


async def list_campaigns(conn: Connection, project_id: UUID) -> list[CampaignView]:
    """Raises NotFound."""
    await show_project(conn, project_id)
    campaigns = await store.list_campaigns(conn, project_id=project_id)
    return [campaign_view(campaign) for campaign in campaigns]


async def show_campaigns(conn: Connection, campaign_ids: list[UUID]) -> list[CampaignView]:
    return [campaign_view(c) for c in await store.list_campaigns(conn, campaign_ids)]


async def create_campaign(conn: Connection, clock: Clock, sheet: CampaignSheet) -> UUID:
    """Raises UnknownValues, and NotFound when there is no such project."""
    await projects.lock_project(conn, sheet.project_id)
    campaign = _coded(_draft(sheet), await store.list_member_codes(conn))
    await store.insert_campaign(conn, campaign, clock.now())
    await outbox.write_hint(conn, clock, "campaign", campaign.id)
    return campaign.id


async def preview_sheet(conn: Connection, clock: Clock, sheet: CampaignSheet) -> Preview:
    """Raises NotFound, UnknownValues."""
    return await _preview(conn, clock, _draft(sheet))


async def preview_campaign(conn: Connection, clock: Clock, campaign_id: UUID) -> Preview:
    """Raises NotFound, UnknownValues."""
    return await _preview(conn, clock, await store.find_campaign(conn, campaign_id))


async def launch(
    conn: Connection, clock: Clock, campaign_ids: list[UUID], random_bytes: RandomBytes
) -> None:
    """Launch all or none; campaigns launched together enter the same draw.

    Raises NotFound, AlreadyLaunched, ProjectNotPublished, ProjectRefuses, RecruitmentOver,
    NobodyCouldRespond, CollectionNotReady, WindowAfterRecruitment, UnknownValues, QuotasInfeasible.
    """
    ids = list(set(campaign_ids))
    unlocked = [await store.find_campaign(conn, id) for id in ids]
    locked: dict[UUID, Project] = {}
    for project_id in sorted({campaign.project_id for campaign in unlocked}):
        locked[project_id] = await projects.lock_project(conn, project_id)
    launched = []
    for campaign in await store.lock_campaigns(conn, ids):
        launched.append(campaign.launch(random_bytes(SEED_BYTES), clock.now()))
        await store.update_launch(conn, launched[-1])
    for project in locked.values():
        if await projects.is_issuing_stopped(conn, project.id):
            raise NobodyCouldRespond(title=project.title)
        collection = await projects.find_collection_state(conn, project.id)
        await save_public_project(conn, clock, project.launch(clock.today(), collection))
    member_codes = await store.list_member_codes(conn)
    for campaign in launched:
        # A campaign whose codes are unknown by now is refused, never drawn in part.
        must_be_coded(campaign, member_codes)
        until = locked[campaign.project_id].recruitment_ends_on
        window = _window(clock, campaign, until)
        if window is None:
            raise WindowAfterRecruitment(first_day=campaign.first_day, ends_on=until)
        if campaign.quotas:
            supply = await _supply(conn, campaign, window, until)
            campaign.must_be_feasible(supply.possible)
        await outbox.write_hint(conn, clock, "campaign", campaign.id)


def must_be_coded(campaign: Campaign, member_codes: MemberCodes) -> None:
    """Raises UnknownValues, also for a label: a draw uses what is stored."""
    codes_only = replace(vocabulary(member_codes), code_of=lambda attribute, text: None)
    coded_audience(
        campaign.audience,
        campaign.stratum_attribute,
        campaign.strata if campaign.quotas else {},
        codes_only,
    )


def vocabulary(member_codes: MemberCodes) -> Vocabulary:
    """The contract's codes, and those of members that the contract does not list."""
    return Vocabulary(
        {
            attribute: member_codes.get(attribute, frozenset())
            | frozenset(codes.ATTRIBUTES.get(attribute, ()))
            for attribute in {*codes.ATTRIBUTES, *member_codes}
        },
        codes.code_named,
        codes.nearest,
        codes.labelled,
    )


def _draft(sheet: CampaignSheet) -> Campaign:
    return Campaign(
        id=uuid4(),
        project_id=sheet.project_id,
        title=sheet.title,
        audience=sheet.audience,
        quotas=sheet.quotas.model_dump() if sheet.quotas else None,
        wanted=sheet.wanted,
        first_day=sheet.first_day,
        window_days=sheet.window_days,
        state=CampaignState.DRAFT,
        seed=None,
        commitment=None,
        launched_at=None,
    )


def _coded(campaign: Campaign, member_codes: MemberCodes) -> Campaign:
    """Raises UnknownValues."""
    coded = coded_audience(
        campaign.audience,
        campaign.stratum_attribute,
        campaign.strata if campaign.quotas else {},
        vocabulary(member_codes),
    )
    quotas = {"attribute": coded.quotas_by, "wanted": coded.quotas} if campaign.quotas else None
    return replace(campaign, audience=coded.audience, quotas=quotas)


def _window(clock: Clock, campaign: Campaign, until: date | None) -> Window | None:
    sendable = first_sendable_day(clock.now())
    return sending_window(sendable, campaign.first_day, campaign.window_days, until)


async def _preview(conn: Connection, clock: Clock, campaign: Campaign) -> Preview:
    project = await projects.find_project(conn, campaign.project_id)
    member_codes = await store.list_member_codes(conn)
    campaign = _coded(campaign, member_codes)
    until = project.recruitment_ends_on
    # A window after recruitment still has a preview: it shows the members who would fit.
    window = _window(clock, campaign, until) or _window(clock, campaign, None)
    assert window is not None
    supply = await _supply(conn, campaign, window, until)
    lowered = relaxation(campaign.strata, supply.possible) if campaign.quotas else {}
    return Preview(
        first_day=window.first_day,
        last_day=window.last_day,
        wanted=campaign.wanted,
        fitting=supply.fitting,
        can_be_asked=sum(supply.askable.values()),
        not_now=supply.not_askable,
        strata=[
            StratumPreview(
                stratum=stratum,
                wanted=target,
                can_be_asked=supply.askable.get(stratum, 0),
                fitting=supply.fitting_by_stratum.get(stratum, 0),
            )
            for stratum, target in campaign.strata.items()
            if campaign.quotas
        ],
        held_by_nobody=[
            Criterion(attribute=attribute, code=code)
            for attribute, code in unused_criteria(campaign.audience, member_codes)
        ],
        feasible=not lowered,
        relaxation=lowered,
    )


async def _supply(
    conn: Connection, campaign: Campaign, window: Window, until: date | None
) -> Supply:
    strata = campaign.strata
    supply = Supply(0, {}, {}, {}, {})
    for group in await store.list_supply(conn, campaign, window, until):
        # Members outside the strata of the quotas are not wanted by this campaign.
        if campaign.quotas and group.stratum not in strata:
            continue
        supply = replace(supply, fitting=supply.fitting + group.members)
        in_stratum = supply.fitting_by_stratum.get(group.stratum, 0)
        supply.fitting_by_stratum[group.stratum] = in_stratum + group.members
        possible = supply.possible.get(group.stratum, 0)
        if group.reason is None:
            supply.askable[group.stratum] = group.members
            supply.possible[group.stratum] = possible + group.members
        else:
            excluded = supply.not_askable.get(group.reason, 0)
            supply.not_askable[group.reason] = excluded + group.members
            supply.possible[group.stratum] = possible + group.later
    return supply
