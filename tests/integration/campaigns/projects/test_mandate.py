"""What may still change of a published mandate, who is told, and that a draw can be replayed."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from services.campaigns import maintenance as upkeep
from services.campaigns.projects import store
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.rules import (
    MandateIncomplete,
    ProjectRefuses,
    RecruitmentOver,
    SameDecisionMaker,
)
from services.contracts.events.campaigns import ProjectPhase, ProjectState
from services.contracts.events.registry import DeliveryOutcome, RefusedReason
from services.contracts.http.campaigns import ChangeDecisionMaker
from services.contracts.http.common import Role
from services.runtime.http.staff_tokens import Staff
from tests.support.campaigns import World, mandate_of

CLAIRE = Staff("claire", "Claire D.", frozenset({Role.CAMPAIGNS}))
ROUX = ChangeDecisionMaker(
    name="Mme Roux", role="directrice", account="a" * 32, reason="M. Bernard est parti."
)


async def change(world: World, project: UUID, asked: ChangeDecisionMaker = ROUX) -> None:
    async with world.transaction() as conn:
        await projects.change_decision_maker(conn, world.clock, CLAIRE, project, asked)


async def end_early(world: World, project: UUID, reason: str = "La lettre est retirée.") -> None:
    async with world.transaction() as conn:
        await projects.end_early(conn, world.clock, project, reason)


async def swept(world: World) -> ProjectState:
    async with world.transaction() as conn:
        await upkeep.sweep(conn, world.clock)
    return (await world.projects_told())[-1]


async def test_everybody_is_told_who_decides_from_now_on(world: World) -> None:
    project, _ = await world.launched(1)
    before = (await world.projects_told())[-1]
    await change(world, project)
    told = (await world.projects_told())[-1]
    assert told.version == before.version + 1
    assert told.state is before.state
    assert (told.mandate.decision_maker.name, told.mandate.decision_maker.role) == (
        "Mme Roux",
        "directrice",
    )
    (kept,) = await world.rows("SELECT * FROM mandate_change")
    assert kept["version"] == told.version
    assert kept["name_before"] == before.mandate.decision_maker.name
    assert (kept["reason"], kept["changed_by"]) == (ROUX.reason, "Claire D.")


async def test_the_same_decision_maker_is_no_change_and_a_draft_is_edited_instead(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    await change(world, project)
    with pytest.raises(SameDecisionMaker):
        await change(world, project)
    draft = await world.project(publish=False)
    with pytest.raises(ProjectRefuses):
        await change(world, draft)


async def test_another_account_under_the_same_name_is_a_change_that_everybody_is_told(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    await change(world, project)
    await change(world, project, ROUX.model_copy(update={"account": "b" * 32}))
    told = (await world.projects_told())[-1]
    assert told.mandate.decision_maker.account == "b" * 32
    last = told.decision_maker_changes[-1]
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
        held = await store.lock_project(conn, project)
        other = replace(
            held,
            version=held.version + 1,
            **(changes or {"decision_maker_name": "Somebody else"}),  # type: ignore[arg-type]
        )
        await store.save_project(conn, other, world.clock.now())


async def test_a_published_mandate_changes_its_decision_maker_by_a_told_change_only(
    world: World,
) -> None:
    project, _ = await world.launched(1)
    with pytest.raises(asyncpg.CheckViolationError, match="decision_maker_change_is_told"):
        await silently(world, project)
    await world.database.pool.execute("DROP TRIGGER decision_maker_change_is_told ON project")
    await silently(world, project)


async def test_a_published_mandate_changes_the_account_by_a_told_change_only(world: World) -> None:
    project, _ = await world.launched(1)
    with pytest.raises(asyncpg.CheckViolationError, match="decision_maker_account_change_is_told"):
        await silently(world, project, decision_maker_account="b" * 32)
    await world.database.pool.execute(
        "DROP TRIGGER decision_maker_account_change_is_told ON project"
    )
    await silently(world, project, decision_maker_account="b" * 32)


async def test_what_was_told_of_a_mandate_stays(world: World) -> None:
    project, _ = await world.launched(1)
    await change(world, project)
    for statement in ("UPDATE mandate_change SET reason = 'another'", "DELETE FROM mandate_change"):
        with pytest.raises(asyncpg.CheckViolationError, match="mandate_change_is_final"):
            await world.database.pool.execute(statement)
    await world.database.pool.execute("DROP TRIGGER mandate_change_is_final ON mandate_change")
    await world.database.pool.execute("DELETE FROM mandate_change")


async def test_ended_early_today_is_the_last_day_and_a_report_is_still_owed(world: World) -> None:
    await world.members(3)
    project, _ = await world.launched(2)
    await end_early(world, project)
    told = (await world.projects_told())[-1]
    assert told.state is ProjectPhase.OPEN
    assert told.recruitment_ends_on == told.collection_ends_on == world.clock.today()
    assert told.ended_early_reason == "La lettre est retirée."
    again = await world.campaign(project, 1)
    with pytest.raises(RecruitmentOver):
        await world.launch(again)
    with pytest.raises(ProjectRefuses):
        await end_early(world, project)
    world.advance(days=1)
    ended = await swept(world)
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


async def test_nobody_can_end_what_was_not_begun(world: World) -> None:
    project = await world.project()
    with pytest.raises(ProjectRefuses):
        await end_early(world, project)


async def test_seeds_are_shown_once_nobody_can_be_drawn_and_are_those_committed_to(
    world: World,
) -> None:
    await world.members(6)
    project, _ = await world.launched(2)
    second = await world.campaign(project, 1)
    await world.launch(second)
    before = (await world.projects_told())[-1]
    assert len(before.draw_commitments) == 2
    assert before.draw_seeds == []
    world.advance(days=61)
    shown = await swept(world)
    assert shown.draw_commitments == before.draw_commitments
    hashes = [sha256(bytes.fromhex(seed)).hexdigest() for seed in shown.draw_seeds]
    assert hashes == shown.draw_commitments
    async with world.transaction() as conn:
        await upkeep.republish(conn, world.clock)
    assert (await world.projects_told())[-1].draw_seeds == shown.draw_seeds
