"""Views of screens and operators, and the events published again after a lost topic."""

from datetime import timedelta

from services.campaigns import maintenance
from services.campaigns.ledger.use_cases import show_contacts
from services.campaigns.members.use_cases import show_today
from services.campaigns.participations.use_cases import show_opt_ins
from services.campaigns.projects.use_cases import list_projects
from services.contracts.events.registry import DeliveryOutcome, MemberStatus
from tests.support.campaigns import TODAY, World, gone, member


async def test_a_project_view_shows_its_blockers(world: World) -> None:
    draft = await world.view(await world.project(publish=False, title="Brouillon", ready=False))
    assert draft.blocked_by == []
    waiting = await world.view(await world.project(ready=False))
    assert waiting.blocked_by == ["collection_not_ready"]
    async with world.database.read_only() as conn:
        assert len(await list_projects(conn)) == 2


async def test_the_list_of_projects_counts_each_project_separately(world: World) -> None:
    await world.members(9)
    first, _ = await world.launched(4)
    second, _ = await world.launched(5)
    for number, row in enumerate(await world.rows("SELECT order_id FROM send_order")):
        refused = number == 0
        await world.deliver(
            row["order_id"], DeliveryOutcome.REFUSED if refused else DeliveryOutcome.SENT
        )
    async with world.database.read_only() as conn:
        counts = {view.id: view.counts for view in await list_projects(conn)}
    assert counts[first].wanted + counts[second].wanted == 9
    assert counts[first].sent + counts[second].sent == 8
    assert counts[first].ordered + counts[second].ordered == 8
    assert (counts[first].refused_by_reason | counts[second].refused_by_reason) == {"no_address": 1}


async def test_opt_ins_are_shown_by_pseudonym_and_coded_attributes_only(world: World) -> None:
    await world.members(3)
    project, _ = await world.launched(3)
    a, b, c = await world.invitations(project)
    await world.accept(a["id"], a["member_id"])
    world.advance(days=2)
    await world.decline(b["id"], b["member_id"])
    await world.accept(c["id"], c["member_id"])
    await world.leave(c["id"], c["member_id"])
    async with world.database.read_only() as conn:
        opt_ins = await show_opt_ins(conn, world.clock, project)
    assert {(opt_in.id, opt_in.answer) for opt_in in opt_ins.answers} == {
        (a["id"], "joined"),
        (b["id"], "declined"),
        (c["id"], "left"),
    }
    assert opt_ins.answers[-1].id == a["id"], "newest first"
    assert opt_ins.answers[0].attributes == {"age_band": "35-49", "region": "nord"}
    members = {row["member_id"].hex[:4] for row in (a, b, c)}
    assert not {opt_in.pseudonym[:4] for opt_in in opt_ins.answers} & members
    assert [opt_in.on for opt_in in opt_ins.answers] == [TODAY + timedelta(days=2)] * 2 + [TODAY]
    assert opt_ins.per_day == [0] * 21 + [1, 0, 1]


async def test_contacts_count_members_who_can_be_asked_today_and_later(world: World) -> None:
    await world.members(4)
    await world.apply_members(
        member(not_before=TODAY + timedelta(days=10)), member(status=MemberStatus.PAUSED)
    )
    await world.launched(3)
    await world.deliver_all()
    async with world.database.read_only() as conn:
        contacts = await show_contacts(conn, world.clock)
    freed = {entry.day: entry.members for entry in contacts.freed if entry.members}
    assert contacts.members == 5
    assert contacts.can_be_asked_today + sum(freed.values()) == 5
    assert len(contacts.freed) == 56
    assert freed == {TODAY + timedelta(days=10): 1, TODAY + timedelta(days=31): 3}
    assert contacts.ledger == {"consumed": 3}


async def test_today_counts_the_days_events_and_promises_in_danger(world: World) -> None:
    people = await world.members(5)
    project, _ = await world.launched(3)
    first, second, _ = await world.rows("SELECT order_id FROM send_order ORDER BY order_id")
    await world.deliver(first["order_id"])
    await world.deliver(second["order_id"])
    a, b, _ = await world.invitations(project)
    await world.accept(a["id"], a["member_id"])
    await world.decline(b["id"], b["member_id"])
    await world.apply_members(gone(people[0], MemberStatus.LEFT))
    async with world.database.read_only() as conn:
        today = await show_today(conn, world.clock)
    assert (today.asked, today.opted_in, today.declined) == (2, 1, 1)
    assert (today.left_panel, today.members, today.solicited_twice) == (1, 4, 0)
    assert today.opted_in_per_day == [0] * 23 + [1]
    assert today.orders_unanswered == 0
    world.advance(days=2)
    async with world.database.read_only() as conn:
        later = await show_today(conn, world.clock)
    assert later.orders_unanswered == 2, "an invitation and a confirmation"
    assert (later.asked, later.opted_in) == (0, 0)

    # If the ledger is broken by hand, the screen says so.
    await world.database.pool.execute(
        "ALTER TABLE ledger DROP CONSTRAINT ledger_one_solicitation_in_31_days"
    )
    await world.database.pool.execute(
        "INSERT INTO ledger SELECT gen_random_uuid(), member_id, last_day + 3, last_day + 3, state"
        " FROM ledger WHERE state = 'consumed' LIMIT 1"
    )
    async with world.database.read_only() as conn:
        assert (await show_today(conn, world.clock)).solicited_twice == 1


async def test_republishing_writes_every_public_project_and_unanswered_order_again(
    world: World,
) -> None:
    await world.members(3)
    project, _ = await world.launched(3)
    await world.project(publish=False)
    (first, *_) = await world.rows("SELECT order_id FROM send_order")
    await world.deliver(first["order_id"])
    projects = {event.key: event for event in await world.published_projects()}
    ordered = {event.key: event for event in await world.orders()}
    await world.database.pool.execute("DELETE FROM outbox")
    async with world.transaction() as conn:
        republished = await maintenance.republish(conn, world.clock)
    assert republished == {"project.state": 1, "order.state": 2, "erasure.applied": 0}
    assert {event.key: event for event in await world.published_projects()} == projects
    orders = {event.key: event for event in await world.orders()}
    assert orders == {key: ordered[key] for key in orders}
    assert str(first["order_id"]) not in orders
    assert (await world.view(project)).state == "open"


async def test_measures_count_ledger_invitations_and_unanswered_orders(world: World) -> None:
    await world.members(3)
    await world.launched(3)
    world.advance(days=2)
    async with world.database.read_only() as conn:
        samples = await maintenance.measure(conn, world.clock)
    numbers = {(s.name, *s.labels.values()): s.value for s in samples}
    assert numbers == {
        ("orders_unanswered",): 3,
        ("reports_owed",): 0,
        ("ledger_entries", "reserved"): 3,
        ("invitations", "ordered"): 3,
    }
