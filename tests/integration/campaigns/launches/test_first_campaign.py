"""From a project to an opt-in: the main job, step by step, on one database."""

from tests.support.campaigns import TODAY, World


async def test_a_launched_campaign_asks_the_number_wanted_and_members_opt_in(world: World) -> None:
    await world.members(20)
    project, _ = await world.launched(5)

    orders = await world.orders()
    assert len(orders) == 5
    assert {order.kind for order in orders} == {"invitation"}
    assert {(order.first_day, order.last_day) for order in orders} == {
        (TODAY, TODAY.replace(day=25))
    }
    events = await world.published_projects()
    assert [event.state for event in events] == ["published", "open"]
    assert len(events[-1].draw_commitments) == 1

    await world.deliver_all()
    first, second, *_ = await world.invitations(project)
    assert await world.accept(first["id"], first["member_id"]) == "joined"
    await world.decline(second["id"], second["member_id"])

    counts = (await world.view(project)).counts
    assert (counts.wanted, counts.ordered, counts.sent) == (5, 5, 5)
    assert (counts.accepted, counts.declined, counts.waitlisted) == (1, 1, 0)
    assert (await world.orders())[-1].kind == "confirmation"
