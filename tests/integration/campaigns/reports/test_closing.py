"""A project closes once no report is owed, and opens again for a revision."""

from services.campaigns import maintenance
from services.campaigns.ledger.use_cases import apply_delivery_state
from services.campaigns.reports import store
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.events.registry import (
    DeliveryOutcome,
    DeliveryState,
    RefusedReason,
)
from tests.support.campaigns import ROUX, World, change_decision_maker
from tests.support.campaigns_reports import ReportedProject, collected, reporting

SENT = DeliveryOutcome.SENT
REFUSED = DeliveryOutcome.REFUSED
UNKNOWN = DeliveryOutcome.UNKNOWN
BOUNCED = DeliveryOutcome.BOUNCED
CANCELLED = RefusedReason.CANCELLED


async def test_a_project_closes_when_the_last_report_is_sent_and_publishes_it(world: World) -> None:
    reported = await reporting(world, people=12)
    begun = (await world.published_projects())[-1]
    assert begun.report_duties is not None
    assert begun.report_duties.model_dump(exclude_none=True) == {"report_version": 1, "owed": 10}
    await reported.settle(0, UNKNOWN)
    await reported.leaves_panel(1)
    await reported.all_sent()
    closed = (await world.published_projects())[-1]
    assert (closed.state, closed.version) == (ProjectPhase.CLOSED, begun.version + 1)
    assert closed.report_duties is not None
    assert closed.report_duties.model_dump(exclude_none=True) == {"report_version": 1, "sent": 10}
    view = await world.view(reported.id)
    assert view.report_duties is not None
    assert view.report_duties.model_dump() == {
        "report_version": 1,
        "owed": 0,
        "sent": 10,
        "undeliverable": 1,
        "exempt": 1,
    }


async def test_staff_read_sentences_about_what_blocks_closing(world: World) -> None:
    reported = await collected(world)
    assert (await world.view(reported.id)).blocked_by == ["report_awaited"]
    await world.synthesised(reported.id)
    await world.report(reported.id)
    view = await world.view(reported.id)
    assert view.blocked_in_words == ["3 retours restent à envoyer."]
    await reported.settle(0, SENT)
    await reported.settle(1, SENT)
    async with world.database.read_only() as conn:
        samples = {
            sample.name: sample.value for sample in await maintenance.measure(conn, world.clock)
        }
    assert samples["reports_owed"] == 1
    view = await world.view(reported.id)
    assert (view.blocked_by, view.blocked_in_words) == (
        ["reports_owed"],
        ["1 retour reste à envoyer."],
    )
    await reported.settle(2, SENT)
    assert (await world.view(reported.id)).blocked_by == []


async def test_a_revision_after_closing_owes_anew(world: World) -> None:
    reported = await reporting(world)
    await reported.all_sent()
    assert await reported.state() == "closed"
    await world.report(reported.id, version=3)
    assert await reported.state() == "reporting"
    assert set((await reported.duties(3)).values()) == {"owed"}
    assert set((await reported.duties(1)).values()) == {"sent"}
    await reported.all_sent(version=3)
    assert await reported.state() == "closed"
    phases = [event.state for event in (await world.published_projects())[-4:]]
    assert phases == [
        ProjectPhase.REPORTING,
        ProjectPhase.CLOSED,
        ProjectPhase.REPORTING,
        ProjectPhase.CLOSED,
    ]


async def test_an_older_versions_outcome_moves_its_own_duty_only(world: World) -> None:
    reported = await reporting(world, people=1)
    older = await reported.order(0)
    await world.report(reported.id, version=2)
    await world.deliver(older, SENT)
    assert (await reported.duty(0, 1), await reported.duty(0, 2)) == ("sent", "owed")
    assert await reported.state() == "reporting"
    await reported.settle(0, SENT, report=2)
    assert await reported.state() == "closed"


async def test_a_revision_cancels_orders_of_the_older_version(world: World) -> None:
    reported = await reporting(world, people=2)
    older = [await reported.order(person) for person in (0, 1)]
    await reported.settle(0, SENT)
    await world.report(reported.id, version=2)
    stopped = [order for order in await reported.reports_ordered() if order.state == "cancelled"]
    assert [(order.order_id, order.version, order.report_version) for order in stopped] == [
        (older[1], 2, 1)
    ]
    # Cancelled for a member who stays: that version is not sent later, the new one is owed.
    await world.deliver(older[1], REFUSED, reason=CANCELLED)
    world.advance(days=5)
    await world.sweep()
    assert len(await reported.reports_ordered()) == 2 + 1 + 2
    await reported.all_sent(version=2)
    assert await reported.state() == "closed"


async def windows(reported: ReportedProject, version: int) -> list[tuple[int, int]]:
    """First and last day of each person's newest order, as days from today."""
    today = reported.world.clock.today()
    days = []
    for person in range(len(reported.people)):
        order = await reported.order(person, version)
        [row] = await reported.world.rows(
            "SELECT first_day, last_day FROM send_order WHERE order_id = $1", order
        )
        days.append(((row["first_day"] - today).days, (row["last_day"] - today).days))
    return days


async def test_a_revised_report_waits_31_days_for_each_person_who_received_one(
    world: World,
) -> None:
    """A fourth version and a fifth: each replaces the one that waits."""
    reported = await reporting(world, people=3)
    await reported.settle(0, SENT)
    await reported.settle(1, UNKNOWN)
    await reported.settle(2, REFUSED, RefusedReason.NO_ADDRESS)
    for version in (2, 3, 4):
        await world.report(reported.id, version=version)
        assert await windows(reported, version) == [(31, 32), (31, 32), (0, 1)]
    orders = {order.order_id: order for order in await reported.reports_ordered()}
    first = orders[await reported.order(0, 4)]
    assert (first.first_day - world.clock.today()).days == 31
    states = {
        order.report_version: order.state
        for order in orders.values()
        if order.report_version in (2, 3)
    }
    assert set(states.values()) == {"cancelled"}
    owed = "SELECT count(*) FROM report_duty WHERE state = 'owed' AND report_version = 4"
    assert await world.value(owed) == 3
    async with world.database.read_only() as conn:
        assert await store.count_overdue_reports(conn, world.clock.today()) == 1, "two wait rightly"


async def test_a_report_refused_as_too_soon_is_ordered_for_its_first_possible_day(
    world: World,
) -> None:
    reported = await reporting(world, people=2)
    await reported.settle(0, SENT)
    await reported.settle(1, REFUSED, RefusedReason.TOO_SOON)
    await world.report(reported.id, version=2)
    late = await reported.order(0, 2)
    await world.deliver(late, REFUSED, reason=RefusedReason.TOO_SOON)
    await world.deliver(await reported.order(1, 2), REFUSED, reason=RefusedReason.TOO_SOON)
    await world.sweep()
    ordered = len(await reported.reports_ordered())
    # As it knows of the first one's report, and of nobody else's.
    assert await windows(reported, 2) == [(31, 32), (1 + 7, 2 + 7)]
    await world.sweep()
    assert len(await reported.reports_ordered()) == ordered, "no order a second, as registry waits"
    await reported.all_sent(version=2)
    assert await reported.state() == "closed"


async def test_outcomes_doubled_rewound_and_in_any_order_close_it_once(world: World) -> None:
    reported = await reporting(world, people=6)
    events = [
        DeliveryState(
            order_id=await reported.order(person),
            version=version,
            state=state,
            day=world.clock.today(),
        )
        for person in range(6)
        for version, state in ((2, SENT), (3, BOUNCED))
    ]
    for batch in (events[::2], events[::-1], events, events[1::2]):
        for event in batch:
            async with world.transaction() as conn:
                await apply_delivery_state(conn, world.clock, [event])
    assert set((await reported.duties()).values()) == {"undeliverable bounced"}
    phases = [event.state for event in await world.published_projects()]
    assert phases.count(ProjectPhase.CLOSED) == 1


async def test_the_sweep_makes_up_for_a_missed_closing(world: World) -> None:
    reported = await reporting(world, people=1)
    await world.database.pool.execute("UPDATE report_duty SET state = 'sent'")
    await world.sweep()
    assert await reported.state() == "closed"


async def test_republishing_writes_the_projects_reports_and_their_orders_again(
    world: World,
) -> None:
    reported = await reporting(world, people=5)
    event, ordered = (await world.published_projects())[-1], await reported.reports_ordered()
    await world.database.pool.execute("DELETE FROM outbox")
    async with world.transaction() as conn:
        await maintenance.republish(conn, world.clock)
    assert await world.published_projects() == [event]
    republished = {order.key: order for order in await reported.reports_ordered()}
    assert republished == {order.key: order for order in ordered}


async def test_every_change_of_decision_maker_is_published(world: World) -> None:
    await world.members(1)
    project, _ = await world.launched(1)
    await change_decision_maker(world, project)
    await change_decision_maker(
        world, project, ROUX.model_copy(update={"name": "M. Diop", "reason": "Intérim"})
    )
    event = (await world.published_projects())[-1]
    assert [
        (change.name_before, change.name, change.reason) for change in event.decision_maker_changes
    ] == [
        ("Anne Bernard", "Mme Roux", "M. Bernard est parti."),
        ("Mme Roux", "M. Diop", "Intérim"),
    ]
    assert event.decision_maker_changes[-1].version == event.version
    assert event.decision_maker_changes[-1].changed_on == world.clock.today()
    assert "Claire" not in event.model_dump_json(), "who typed it is nobody else's business"
    async with world.transaction() as conn:
        await maintenance.republish(conn, world.clock)
    assert (await world.published_projects())[-1] == event
