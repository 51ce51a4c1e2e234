"""Constraints that hold the promise of a report, each with the harm when it is dropped."""

import asyncpg
import pytest

from tests.support.campaigns import World
from tests.support.campaigns_reports import collected, reporting


async def refused(world: World, constraint: str, *statements: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        await accepted(world, *statements)
    assert error.value.constraint_name == constraint


async def accepted(world: World, *statements: str) -> None:
    """In one transaction, as triggers that look when it ends must have their say."""
    async with world.transaction() as conn:
        for statement in statements:
            await conn.execute(statement)


CLOSE = "UPDATE project SET state = 'closed'"
DROP_CLOSING = "DROP TRIGGER project_closes_when_nothing_is_owed ON project"


async def test_no_project_is_closed_while_a_report_is_owed(world: World) -> None:
    await reporting(world)
    await refused(world, "project_closes_when_nothing_is_owed", CLOSE)
    await accepted(world, DROP_CLOSING, CLOSE)


async def test_no_project_is_closed_without_a_duty_for_each_participant(world: World) -> None:
    await collected(world)
    statements = (
        "INSERT INTO report SELECT id, 1, 4, '2027-03-01' FROM project",
        "UPDATE project SET state = 'reporting', report_version = 1",
        CLOSE,
    )
    await refused(world, "project_closes_when_nothing_is_owed", *statements)
    await accepted(world, DROP_CLOSING, *statements)


async def test_no_project_is_closed_on_a_report_older_than_the_latest(world: World) -> None:
    await reporting(world)
    statements = ("UPDATE report_duty SET state = 'sent'", "UPDATE report SET version = 2", CLOSE)
    await refused(world, "project_closes_when_nothing_is_owed", *statements)
    await accepted(world, DROP_CLOSING, *statements)


OWE = (
    "INSERT INTO report_duty SELECT project_id, report_version, gen_random_uuid(), 'owed', order_id"
    " FROM report_duty LIMIT 1"
)


async def test_a_closed_project_cannot_come_to_owe(world: World) -> None:
    reported = await reporting(world, people=1)
    await reported.all_sent()
    await refused(world, "closed_project_owes_nothing", OWE)
    await accepted(world, "DROP TRIGGER closed_project_owes_nothing ON report_duty", OWE)


async def test_a_settled_duty_is_never_owed_again(world: World) -> None:
    reported = await reporting(world, people=1)
    await reported.all_sent()
    owe = "UPDATE report_duty SET state = 'owed'"
    await refused(world, "report_duty_transition", owe)
    await world.database.pool.execute("DROP TRIGGER report_duty_transition ON report_duty")
    await refused(world, "closed_project_owes_nothing_again", owe)
    await accepted(world, "DROP TRIGGER closed_project_owes_nothing_again ON report_duty", owe)


async def test_concurrent_closing_and_owing_do_not_overlook_each_other(
    world: World,
) -> None:
    reported = await reporting(world, people=1)
    await world.database.pool.execute("UPDATE report_duty SET state = 'sent'")
    async with world.database.pool.acquire() as closing, closing.transaction():
        await closing.execute(CLOSE)
        async with world.database.pool.acquire() as owing:
            await owing.execute("SET lock_timeout = '200ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await owing.execute(OWE)
            await owing.execute("RESET lock_timeout")
    assert await reported.state() == "closed"


@pytest.mark.parametrize(
    ("constraint", "table", "statement"),
    [
        ("report_duty_once", "report_duty", "INSERT INTO report_duty SELECT * FROM report_duty"),
        ("report_duty_state_is_known", "report_duty", OWE.replace("'owed'", "'forgotten'")),
        (
            "report_duty_is_ordered",
            "report_duty",
            "UPDATE report_duty SET order_id = NULL",
        ),
        (
            "report_duty_end_has_reason",
            "report_duty",
            "UPDATE report_duty SET state = 'undeliverable'",
        ),
        (
            "send_order_reports_a_version",
            "send_order",
            "UPDATE send_order SET report_version = NULL",
        ),
        ("project_reports_a_version", "project", "UPDATE project SET report_version = NULL"),
    ],
)
async def test_a_duty_is_complete(
    world: World, constraint: str, table: str, statement: str
) -> None:
    await reporting(world, people=1)
    # Where a second constraint would refuse the same row.
    apart = {
        "project_reports_a_version": "DROP TRIGGER project_report_only_grows ON project",
        "report_duty_state_is_known": "ALTER TABLE report_duty"
        " DROP CONSTRAINT report_duty_end_has_reason",
    }.get(constraint, "SELECT 1")
    await refused(world, constraint, apart, statement)
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
    await accepted(world, apart, drop, statement)


@pytest.mark.parametrize(
    ("trigger", "table", "statement"),
    [
        ("report_duty_is_kept", "report_duty", "DELETE FROM report_duty"),
        ("project_report_only_grows", "project", "UPDATE project SET report_version = 1"),
        (
            "report_duty_transition",
            "report_duty",
            "UPDATE report_duty SET report_version = 3 WHERE report_version = 2",
        ),
    ],
)
async def test_duties_stay_on_record(
    world: World, trigger: str, table: str, statement: str
) -> None:
    reported = await reporting(world, people=1)
    await world.report(reported.id, version=2)
    await refused(world, trigger, statement)
    await accepted(world, f"DROP TRIGGER {trigger} ON {table}", statement)
