"""Campaigns: prepared, previewed, launched.

A launch commits to its seed before eligibility is read, in that order and in one transaction, so
that nobody can choose a draw by its outcome.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from services.campaigns.draws import store as draws
from services.campaigns.draws.use_cases import PARIS
from services.campaigns.launches.rules import (
    SEED_BYTES,
    Campaign,
    Window,
    WindowAfterRecruitment,
    first_sendable_day,
    relaxation,
    window,
)
from services.campaigns.launches.rules_audiences import Vocabulary, held_by_nobody, in_codes
from services.campaigns.projects import store
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules import NobodyCouldAnswer, Project
from services.contracts import codes
from services.contracts.http.campaigns import CampaignSheet, Criterion, Preview, StratumPreview
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True)
class Supply:
    """Who fits a campaign, by stratum: how many can be asked now, or before recruitment ends."""

    fitting: int
    fitting_by: dict[str, int]
    now: dict[str, int]
    possible: dict[str, int]
    not_now: dict[str, int]


def _campaign(sheet: CampaignSheet) -> Campaign:
    return Campaign(
        id=uuid4(),
        project_id=sheet.project_id,
        title=sheet.title,
        audience=sheet.audience,
        quotas=sheet.quotas.model_dump() if sheet.quotas else None,
        wanted=sheet.wanted,
        first_day=sheet.first_day,
        window_days=sheet.window_days,
        state="draft",
        seed=None,
        commitment=None,
        launched_at=None,
    )


async def create_campaign(conn: Connection, clock: Clock, sheet: CampaignSheet) -> UUID:
    """Raises UnknownValues, and NotFound when there is no such project."""
    await store.lock_project(conn, sheet.project_id)
    campaign = _in_codes(_campaign(sheet), await draws.held_codes(conn))
    await store.insert_campaign(conn, campaign, clock.now())
    await outbox.write_hint(conn, clock, "campaign", campaign.id)
    return campaign.id


async def preview_sheet(conn: Connection, clock: Clock, sheet: CampaignSheet) -> Preview:
    """Raises NotFound, UnknownValues."""
    return await _preview(conn, clock, _campaign(sheet))


async def preview_campaign(conn: Connection, clock: Clock, campaign_id: UUID) -> Preview:
    """Raises NotFound, UnknownValues."""
    return await _preview(conn, clock, await store.read_campaign(conn, campaign_id))


async def launch(
    conn: Connection, clock: Clock, campaign_ids: list[UUID], random_bytes: RandomBytes
) -> None:
    """All or none; launched together they enter the same draw.

    Raises NotFound, AlreadyLaunched, ProjectNotPublished, ProjectRefuses, RecruitmentOver,
    NobodyCouldAnswer, CollectionNotReady, WindowAfterRecruitment, UnknownValues, QuotasInfeasible.
    """
    wanted = set(campaign_ids)
    seen = [await store.read_campaign(conn, id) for id in wanted]
    locked: dict[UUID, Project] = {}
    for project_id in sorted({campaign.project_id for campaign in seen}):
        locked[project_id] = await store.lock_project(conn, project_id)
    campaigns = await store.lock_campaigns(conn, list(wanted))
    launched = []
    for campaign in campaigns:
        launched.append(campaign.launch(random_bytes(SEED_BYTES), clock.now()))
        await store.commit_launch(conn, launched[-1])
    for project in locked.values():
        if await store.issuing_stopped(conn, project.id):
            raise NobodyCouldAnswer(title=project.title)
        collection = await store.collection_state(conn, project.id)
        await projects.save(conn, clock, project.launch(clock.today(), collection))
    held = await draws.held_codes(conn)
    for campaign in launched:
        # One that was stored before its codes were looked at is refused, never drawn in part.
        must_be_in_codes(campaign, held)
        until = locked[campaign.project_id].recruitment_ends_on
        days = _window(clock, campaign, until)
        if days is None:
            raise WindowAfterRecruitment(first_day=campaign.first_day, ends_on=until)
        if campaign.quotas:
            supply = await _supply(conn, campaign, days, until)
            campaign.must_be_feasible(supply.possible)
        await outbox.write_hint(conn, clock, "campaign", campaign.id)


def _in_codes(campaign: Campaign, held: Mapping[str, frozenset[str]]) -> Campaign:
    """Raises UnknownValues."""
    asked = in_codes(
        campaign.audience,
        campaign.stratum_attribute,
        campaign.strata if campaign.quotas else {},
        vocabulary(held),
    )
    quotas = {"attribute": asked.quotas_by, "wanted": asked.quotas} if campaign.quotas else None
    return replace(campaign, audience=asked.audience, quotas=quotas)


def must_be_in_codes(campaign: Campaign, held: Mapping[str, frozenset[str]]) -> None:
    """Raises UnknownValues also for a label: what was stored is what is drawn by."""
    exact = replace(vocabulary(held), code_of=lambda attribute, written: None)
    in_codes(
        campaign.audience,
        campaign.stratum_attribute,
        campaign.strata if campaign.quotas else {},
        exact,
    )


def vocabulary(held: Mapping[str, frozenset[str]]) -> Vocabulary:
    """The list of codes, and those of members who were imported before it."""
    return Vocabulary(
        {
            attribute: held.get(attribute, frozenset())
            | frozenset(codes.ATTRIBUTES.get(attribute, ()))
            for attribute in {*codes.ATTRIBUTES, *held}
        },
        codes.code_named,
        codes.nearest,
        codes.labelled,
    )


def _window(clock: Clock, campaign: Campaign, until: date | None) -> Window | None:
    sendable = first_sendable_day(clock.now().astimezone(PARIS))
    return window(sendable, campaign.first_day, campaign.window_days, until)


async def _preview(conn: Connection, clock: Clock, campaign: Campaign) -> Preview:
    project = await store.read_project(conn, campaign.project_id)
    if project is None:
        raise NotFound(what=campaign.project_id)
    held = await draws.held_codes(conn)
    campaign = _in_codes(campaign, held)
    until = project.recruitment_ends_on
    # A preview of what recruitment already excludes still shows who would fit.
    days = _window(clock, campaign, until) or _window(clock, campaign, None)
    assert days is not None
    supply = await _supply(conn, campaign, days, until)
    too_many = relaxation(campaign.strata, supply.possible) if campaign.quotas else {}
    return Preview(
        first_day=days.first_day,
        last_day=days.last_day,
        wanted=campaign.wanted,
        fitting=supply.fitting,
        can_be_asked=sum(supply.now.values()),
        not_now=supply.not_now,
        strata=[
            StratumPreview(
                stratum=name,
                wanted=number,
                can_be_asked=supply.now.get(name, 0),
                fitting=supply.fitting_by.get(name, 0),
            )
            for name, number in campaign.strata.items()
            if campaign.quotas
        ],
        held_by_nobody=[
            Criterion(attribute=attribute, code=code)
            for attribute, code in held_by_nobody(campaign.audience, held)
        ],
        feasible=not too_many,
        relaxation=too_many,
    )


async def _supply(conn: Connection, campaign: Campaign, days: Window, until: date | None) -> Supply:
    strata = campaign.strata
    supply = Supply(0, {}, {}, {}, {})
    for group in await draws.preview(conn, campaign, days, until):
        # Who belongs to no stratum of the quotas is not wanted by this campaign.
        if campaign.quotas and group.stratum not in strata:
            continue
        supply = replace(supply, fitting=supply.fitting + group.members)
        in_stratum = supply.fitting_by.get(group.stratum, 0)
        supply.fitting_by[group.stratum] = in_stratum + group.members
        possible = supply.possible.get(group.stratum, 0)
        if group.reason is None:
            supply.now[group.stratum] = group.members
            supply.possible[group.stratum] = possible + group.members
        else:
            supply.not_now[group.reason] = supply.not_now.get(group.reason, 0) + group.members
            supply.possible[group.stratum] = possible + group.later
    return supply
