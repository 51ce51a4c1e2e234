"""Changes of a published mandate, early ends, and the seeds that let anybody repeat a draw."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from services.campaigns import maintenance
from services.campaigns.projects import store
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules_refusals import (
    MandateIncomplete,
    ProjectRefuses,
    RecruitmentOver,
    SameDecisionMaker,
)
from services.contracts.events.campaigns import ProjectPhase, ProjectState
from services.contracts.events.registry import DeliveryOutcome, RefusedReason
from tests.support.campaigns import ROUX, World, change_decision_maker, mandate_of


async def end_early(world: World, project: UUID, reason: str = "La lettre est retirée.") -> None:
    async with world.transaction() as conn:
        await projects.end_early(conn, world.clock, project, reason)


async def after_sweep(world: World) -> ProjectState:
    async with world.transaction() as conn:
        await projects.end_due_phases(conn, world.clock)
    return (await world.published_projects())[-1]


async def test_a_change_of_decision_maker_is_published(world: World) -> None:
    project, _ = await world.launched(1)
    old = (await world.published_projects())[-1]
    await change_decision_maker(world, project)
    event = (await world.published_projects())[-1]
    assert event.version == old.version + 1
    assert event.state is old.state
    assert (event.mandate.decision_maker.name, event.mandate.decision_maker.role) == (
        "Mme Roux",
        "directrice",
    )
    (recorded,) = await world.rows("SELECT * FROM mandate_change")
    assert recorded["version"] == event.version
    assert recorded["name_before"] == old.mandate.decision_maker.name
    assert (recorded["reason"], recorded["changed_by"]) == (ROUX.reason, "Claire D.")


async def test_the_same_decision_maker_is_no_change_and_a_draft_is_edited_instead(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    await change_decision_maker(world, project)
    with pytest.raises(SameDecisionMaker):
        await change_decision_maker(world, project)
    draft = await world.project(publish=False)
    with pytest.raises(ProjectRefuses):
        await change_decision_maker(world, draft)


async def test_another_account_under_the_same_name_is_a_published_change(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    await change_decision_maker(world, project)
    await change_decision_maker(world, project, ROUX.model_copy(update={"account": "b" * 32}))
    event = (await world.published_projects())[-1]
    assert event.mandate.decision_maker.account == "b" * 32
    last = event.decision_maker_changes[-1]
    assert (last.name_before, last.name) == ("Mme Roux", "Mme Roux")
    assert (last.account_before, last.account) == ("a" * 32, "b" * 32)


async def test_a_mandate_is_published_with_the_account_that_signs(world: World) -> None:
    project = await world.project(publish=False, mandate=mandate_of("Anne Bernard", ""))
    with pytest.raises(MandateIncomplete) as refused:
        await world.publish(project)
    assert refused.value.missing == ["decision_maker.account"]
    statement = (
        "UPDATE project SET state = 'published', credential_key = '{}', published_at = created_at"
        " WHERE id = $1"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="project_is_published_with_an_account"):
        await world.database.pool.execute(statement, project)
    await world.database.pool.execute(
        "DROP TRIGGER project_is_published_with_an_account ON project"
    )
    await world.database.pool.execute(statement, project)


async def silently(world: World, project: UUID, **changes: str) -> None:
    async with world.transaction() as conn:
        stored = await store.lock_project(conn, project)
        other = replace(
            stored,
            version=stored.version + 1,
            **(changes or {"decision_maker_name": "Somebody else"}),  # type: ignore[arg-type]
        )
        await store.update_project(conn, other, world.clock.now())


async def test_a_published_mandate_changes_its_decision_maker_by_a_recorded_change_only(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    with pytest.raises(asyncpg.CheckViolationError, match="decision_maker_change_is_told"):
        await silently(world, project)
    await world.database.pool.execute("DROP TRIGGER decision_maker_change_is_told ON project")
    await silently(world, project)


async def test_a_published_mandate_changes_the_account_by_a_recorded_change_only(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    with pytest.raises(asyncpg.CheckViolationError, match="decision_maker_account_change_is_told"):
        await silently(world, project, decision_maker_account="b" * 32)
    await world.database.pool.execute(
        "DROP TRIGGER decision_maker_account_change_is_told ON project"
    )
    await silently(world, project, decision_maker_account="b" * 32)


async def test_a_mandate_change_is_permanent(world: World) -> None:
    project, _ = await world.launched(1)
    await change_decision_maker(world, project)
    for statement in ("UPDATE mandate_change SET reason = 'another'", "DELETE FROM mandate_change"):
        with pytest.raises(asyncpg.CheckViolationError, match="mandate_change_is_final"):
            await world.database.pool.execute(statement)
    await world.database.pool.execute("DROP TRIGGER mandate_change_is_final ON mandate_change")
    await world.database.pool.execute("DELETE FROM mandate_change")


async def test_ended_early_today_is_the_last_day_and_a_report_is_still_owed(world: World) -> None:
    await world.members(3)
    project, _ = await world.launched(2)
    await end_early(world, project)
    event = (await world.published_projects())[-1]
    assert event.state is ProjectPhase.OPEN
    assert event.recruitment_ends_on == event.collection_ends_on == world.clock.today()
    assert event.ended_early_reason == "La lettre est retirée."
    second = await world.campaign(project, 1)
    with pytest.raises(RecruitmentOver):
        await world.launch(second)
    with pytest.raises(ProjectRefuses):
        await end_early(world, project)
    world.advance(days=1)
    ended = await after_sweep(world)
    assert ended.state is ProjectPhase.COLLECTED, "what follows is the report"


async def test_no_invitation_leaves_for_a_project_that_ends_today(world: World) -> None:
    """It would use up a member's month for something that is refused when they read it."""
    await world.members(4)
    project, _ = await world.launched(2)
    first, second = [order.order_id for order in await world.orders()]
    await world.deliver(first)
    await end_early(world, project)
    cancelled = [order for order in await world.orders() if order.state == "cancelled"]
    assert [order.order_id for order in cancelled] == [second]
    await world.deliver(second, DeliveryOutcome.REFUSED, reason=RefusedReason.CANCELLED)
    await world.database.pool.execute("UPDATE campaign SET drawn_on = NULL")
    await world.allocate()
    assert len(await world.orders()) == 3, "nobody is drawn in their place"


async def test_a_project_that_has_not_begun_cannot_end_early(world: World) -> None:
    project = await world.project()
    with pytest.raises(ProjectRefuses):
        await end_early(world, project)


async def test_committed_seeds_are_revealed_once_nobody_can_be_drawn(
    world: World,
) -> None:
    await world.members(6)
    project, _ = await world.launched(2)
    second = await world.campaign(project, 1)
    await world.launch(second)
    recruiting = (await world.published_projects())[-1]
    assert len(recruiting.draw_commitments) == 2
    assert recruiting.draw_seeds == []
    world.advance(days=61)
    revealed = await after_sweep(world)
    assert revealed.draw_commitments == recruiting.draw_commitments
    hashes = [sha256(bytes.fromhex(seed)).hexdigest() for seed in revealed.draw_seeds]
    assert hashes == revealed.draw_commitments
    async with world.transaction() as conn:
        await maintenance.republish(conn, world.clock)
    assert (await world.published_projects())[-1].draw_seeds == revealed.draw_seeds
