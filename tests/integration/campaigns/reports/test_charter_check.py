"""The charter check's verdict on reports, by its own queries, when rows are broken by hand."""

import pytest

from deploy.charter_check.database import QUERIES
from deploy.charter_check.promises import STORED
from tests.support.campaigns import World
from tests.support.campaigns_reports import reporting

REPORTS = (
    "closed_owe_no_report",
    "participants_reported",
    "reports_as_answered",
    "closing_constraint_stands",
)
FREE = (
    "DROP TRIGGER project_closes_when_nothing_is_owed ON project",
    "DROP TRIGGER report_duty_transition ON report_duty",
    "DROP TRIGGER report_duty_is_kept ON report_duty",
    "DROP TRIGGER closed_project_owes_nothing_again ON report_duty",
)


async def verdict(world: World, promise: str) -> tuple[int, int]:
    (row,) = await world.rows(QUERIES[promise].text)
    return row["looked_at"], row["wrong"]


async def test_a_panel_that_keeps_its_promises_passes(world: World) -> None:
    reported = await reporting(world, people=3)
    await reported.all_sent()
    assert {stored.query for stored in STORED} >= set(REPORTS)
    assert [await verdict(world, promise) for promise in REPORTS] == [
        (1, 0),
        (3, 0),
        (3, 0),
        (1, 0),
    ]


@pytest.mark.parametrize(
    ("promise", "statement"),
    [
        ("closed_owe_no_report", "UPDATE report_duty SET state = 'owed'"),
        ("closed_owe_no_report", "DELETE FROM report"),
        ("participants_reported", "DELETE FROM report_duty"),
        ("participants_reported", "UPDATE report SET version = 2"),
        ("reports_as_answered", "UPDATE send_order SET answer = 'unknown' WHERE kind = 'report'"),
        ("closing_constraint_stands", "SELECT 1"),
    ],
)
async def test_a_broken_promise_is_reported(world: World, promise: str, statement: str) -> None:
    reported = await reporting(world, people=3)
    await reported.all_sent()
    for freed in FREE:
        await world.database.pool.execute(freed)
    await world.database.pool.execute(statement)
    assert (await verdict(world, promise))[1] > 0
