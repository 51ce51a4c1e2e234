"""Conditions of a launch: mandate, dates, collection, quotas."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.campaigns.launches import use_cases as launches
from services.campaigns.launches.rules import (
    AlreadyLaunched,
    QuotasInfeasible,
    WindowAfterRecruitment,
)
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules_refusals import (
    CollectionNotReady,
    DatesOutOfOrder,
    MandateIncomplete,
    ProjectNotPublished,
    ProjectRefuses,
    RecruitmentOver,
)
from services.contracts.http.campaigns import (
    CampaignSheet,
    CompensationSheet,
    DecisionMakerSheet,
    Preview,
    Quotas,
)
from services.runtime.refusal import NotFound
from tests.support.campaigns import MANDATE, TODAY, World, member, sheet

ACCOUNT = "a" * 32
BLANKS: dict[str, dict[str, Any]] = {
    "nature": {"nature": " "},
    "why": {"why": ""},
    "stakes": {"stakes": "\n"},
    "objectives": {"objectives": ""},
    "purpose": {"purpose": "\t "},
    "who": {"who": ""},
    "how": {"how": ""},
    "decision_maker.name": {
        "decision_maker": DecisionMakerSheet(role="Directrice", account=ACCOUNT)
    },
    "decision_maker.role": {
        "decision_maker": DecisionMakerSheet(name="Anne Bernard", account=ACCOUNT)
    },
    "decision_maker.account": {
        "decision_maker": DecisionMakerSheet(name="Anne Bernard", role="Directrice")
    },
    "compensation.reference": {"compensation": CompensationSheet(terms="30 €")},
}


@pytest.mark.parametrize("field", BLANKS)
async def test_a_project_with_an_incomplete_mandate_cannot_be_published(
    world: World, field: str
) -> None:
    project = await world.project(publish=False, mandate=MANDATE.model_copy(update=BLANKS[field]))
    with pytest.raises(MandateIncomplete) as refused:
        await world.publish(project)
    assert refused.value.missing == [field]
    assert len(refused.value.details("fr")) == len(refused.value.details("en")) == 1
    assert (await world.view(project)).missing == [field]
    # Nor can anybody who writes SQL.
    with pytest.raises(
        asyncpg.CheckViolationError, match=r"project_(mandate|compensation|is_published)_"
    ):
        await world.database.pool.execute(
            "UPDATE project SET state = 'published', published_at = $1", world.clock.now()
        )
    assert await world.published_projects() == []


@pytest.mark.parametrize("column", ["recruitment_ends_on", "collection_ends_on"])
async def test_a_project_without_dates_cannot_be_published(world: World, column: str) -> None:
    without: dict[str, Any] = {column: None}
    project = await world.project(publish=False, **without)
    with pytest.raises(MandateIncomplete) as refused:
        await world.publish(project)
    assert refused.value.missing == [column]
    with pytest.raises(asyncpg.CheckViolationError, match="project_mandate_is_complete"):
        await world.database.pool.execute(
            "UPDATE project SET state = 'published', published_at = $1", world.clock.now()
        )


@pytest.mark.parametrize(
    "constraint", ["project_mandate_is_complete", "project_compensation_has_reference"]
)
async def test_without_the_constraint_an_incomplete_mandate_passes(
    world: World, constraint: str
) -> None:
    blank = "nature" if "mandate" in constraint else "compensation.reference"
    await world.project(publish=False, mandate=MANDATE.model_copy(update=BLANKS[blank]))
    await world.database.pool.execute(f"ALTER TABLE project DROP CONSTRAINT {constraint}")
    await world.database.pool.execute(
        "UPDATE project SET state = 'published', published_at = $1", world.clock.now()
    )


async def test_dates_out_of_order_or_over_are_refused(world: World) -> None:
    with pytest.raises(DatesOutOfOrder):
        await world.project(collection_ends_on=TODAY)
    with pytest.raises(RecruitmentOver):
        await world.project(recruitment_ends_on=TODAY - timedelta(days=1))


async def test_a_published_mandate_cannot_be_edited_but_can_be_abandoned(world: World) -> None:
    project = await world.project()
    with pytest.raises(ProjectRefuses):
        async with world.transaction() as conn:
            await projects.edit_project(conn, world.clock, project, sheet(title="Autre"))
    async with world.transaction() as conn:
        await projects.abandon_project(conn, world.clock, project)
    events = await world.published_projects()
    assert [(event.version, event.state) for event in events] == [
        (2, "published"),
        (3, "abandoned"),
    ]


async def test_a_draft_can_be_edited_and_publishes_no_event(world: World) -> None:
    project = await world.project(publish=False)
    async with world.transaction() as conn:
        await projects.edit_project(conn, world.clock, project, sheet(title="Autre", places=3))
    view = await world.view(project)
    assert (view.title, view.places, view.version) == ("Autre", 3, 2)
    assert await world.published_projects() == []


async def test_a_launch_is_refused_with_a_reason_until_everything_is_ready(world: World) -> None:
    await world.members(5)
    draft = await world.campaign(await world.project(publish=False), 1)
    with pytest.raises(ProjectNotPublished):
        await world.launch(draft)
    waiting = await world.campaign(await world.project(ready=False), 1)
    with pytest.raises(CollectionNotReady) as refused:
        await world.launch(waiting)
    assert "questionnaire" in refused.value.message("fr")
    assert refused.value.way_out_message("en")
    with pytest.raises(NotFound):
        await world.launch(uuid4())
    late = await world.campaign(await world.project(), 1, first_day=TODAY + timedelta(days=61))
    with pytest.raises(WindowAfterRecruitment):
        await world.launch(late)
    good = await world.campaign(await world.project(), 1)
    await world.launch(good)
    with pytest.raises(AlreadyLaunched):
        await world.launch(good)
    world.advance(days=61)
    over = await world.rows("SELECT id FROM campaign WHERE id = $1", waiting)
    with pytest.raises(RecruitmentOver):
        await world.launch(over[0]["id"])


async def test_campaigns_launched_together_are_launched_all_or_none(world: World) -> None:
    await world.members(5)
    good = await world.campaign(await world.project(), 1)
    bad = await world.campaign(await world.project(ready=False), 1)
    with pytest.raises(CollectionNotReady):
        await world.launch(good, bad)
    assert await world.value("SELECT count(*) FROM campaign WHERE state = 'launched'") == 0
    assert {event.state for event in await world.published_projects()} == {"published"}


async def test_infeasible_quotas_are_refused_with_the_smallest_relaxation(world: World) -> None:
    await world.members(7, attributes={"age_band": "18-34"})
    await world.members(9, attributes={"age_band": "65+"})
    project = await world.project()
    campaign = await world.campaign(
        project, 20, quotas=("age_band", {"18-34": 10, "65+": 9, "50-64": 1})
    )
    with pytest.raises(QuotasInfeasible) as refused:
        await world.launch(campaign)
    assert refused.value.relaxation == {"18-34": 7, "50-64": 0}
    assert "18-34 à 7" in refused.value.message("fr")
    assert "18-34 to 7" in refused.value.message("en")
    assert (await world.view(project)).state == "published"
    preview = await _preview(world, campaign)
    assert not preview.feasible
    assert preview.relaxation == {"18-34": 7, "50-64": 0}


async def test_members_who_become_free_before_recruitment_ends_make_quotas_feasible(
    world: World,
) -> None:
    await world.members(5, attributes={"age_band": "65+"}, not_before=TODAY + timedelta(days=20))
    campaign = await world.campaign(await world.project(), 5, quotas=("age_band", {"65+": 5}))
    preview = await _preview(world, campaign)
    assert preview.feasible
    assert preview.can_be_asked == 0
    await world.launch(campaign)


async def test_a_preview_counts_fitting_members_and_reasons_for_not_asking(world: World) -> None:
    await world.members(4)
    await world.apply_members(
        member(not_before=TODAY + timedelta(days=3)),
        member(status="paused"),
        member(attributes={"age_band": "65+", "region": "nord"}),
    )
    project, _ = await world.launched(2)
    sheet = CampaignSheet(
        project_id=project,
        title="Vague 2",
        wanted=4,
        audience={"age_band": ["18-34", "35-49"], "region": ["nord"]},
        quotas=Quotas(attribute="age_band", wanted={"35-49": 4}),
    )
    async with world.database.read_only() as conn:
        preview = await launches.preview_sheet(conn, world.clock, sheet)
    already = await world.value(
        "SELECT count(*) FROM invitation i JOIN member m USING (member_id)"
        " JOIN profile p ON p.id = m.profile_id WHERE p.attributes ->> 'age_band' = '35-49'"
    )
    assert preview.fitting == 6
    assert preview.not_now == {
        "asked_recently": 1,
        "paused": 1,
        "already_invited": already,
    }
    assert preview.can_be_asked == 4 - already
    assert preview.strata[0].can_be_asked == preview.can_be_asked


async def test_a_launch_cannot_be_changed_afterwards(world: World) -> None:
    await world.members(1)
    await world.launched(1)
    for change in ("seed = sha256('x')", "wanted = 9", "audience = '[]'", "state = 'draft'"):
        with pytest.raises(asyncpg.CheckViolationError, match="campaign_launch_is"):
            await world.database.pool.execute(f"UPDATE campaign SET {change}")


async def _preview(world: World, campaign: UUID) -> Preview:
    async with world.database.read_only() as conn:
        return await launches.preview_campaign(conn, world.clock, campaign)
