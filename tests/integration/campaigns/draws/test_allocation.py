"""The draw: fair, replayable, blind to answers."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.campaigns.draws import rules
from services.campaigns.draws.store import Demand, begin_draw
from services.campaigns.draws.use_cases import allocate
from services.campaigns.orders.rules import Window
from services.contracts.events.registry import DeliveryOutcome, MemberStatus
from tests.support.campaigns import TODAY, World, gone, member, seeds

SPREAD = [
    {"age_band": age, "region": region}
    for age in ("18-34", "35-49", "50-64", "65+")
    for region in ("nord", "reunion", "bretagne")
]

STORED_DRAW = """
SELECT s.campaign_id, s.stratum, s.wanted, s.candidates, s.chosen, s.input_digest, d.seed
FROM draw d JOIN draw_stratum s ON s.draw_id = d.id
WHERE d.id = $1 ORDER BY s.campaign_id, s.stratum
"""


async def populate(world: World, count: int) -> None:
    await world.apply_members(
        *[member(attributes=SPREAD[number % len(SPREAD)]) for number in range(count)]
    )


async def count_invitations(world: World) -> Counter[UUID]:
    rows = await world.rows(
        "SELECT campaign_id, count(*) AS n FROM send_order"
        " WHERE kind = 'invitation' GROUP BY campaign_id"
    )
    return Counter({row["campaign_id"]: row["n"] for row in rows})


async def test_eight_campaigns_launched_at_the_same_instant_share_the_same_members(
    world: World,
) -> None:
    await populate(world, 4000)
    campaigns = [await world.campaign(await world.project(), 2000) for _ in range(8)]
    await asyncio.gather(
        *[world.launch(id, source=seeds(10 * index)) for index, id in enumerate(campaigns)]
    )
    # Several processes may wake up at the same moment too.
    await asyncio.gather(*[world.allocate() for _ in range(4)])

    invitations = await count_invitations(world)
    assert sum(invitations.values()) == 4000
    # Five standard deviations of a fair lottery around 500.
    assert all(395 <= invitations[campaign] <= 605 for campaign in campaigns), invitations
    entries_per_member = await world.value(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM ledger GROUP BY member_id) t"
    )
    assert entries_per_member == 1
    assert await world.value("SELECT count(*) FROM draw") == 1


async def test_a_rare_audience_is_not_exhausted_by_a_large_one(world: World) -> None:
    await world.apply_members(
        *[member(attributes={"region": "reunion"}) for _ in range(60)],
        *[member(attributes={"region": "nord"}) for _ in range(2940)],
    )
    rare = await world.campaign(await world.project(), 50, audience={"region": ["reunion"]})
    large = await world.campaign(await world.project(), 3000)
    await world.launch(rare, large)
    await world.allocate()
    invitations = await count_invitations(world)
    assert invitations[rare] == 50
    assert invitations[large] == 2950


async def test_quotas_are_met_by_stratum_and_audiences_are_kept(world: World) -> None:
    await populate(world, 600)
    campaign = await world.campaign(
        await world.project(),
        50,
        audience={"region": ["nord", "reunion"]},
        quotas=("age_band", {"18-34": 30, "65+": 20}),
    )
    await world.launch(campaign)
    await world.allocate()
    rows = await world.rows(
        "SELECT p.attributes ->> 'age_band' AS age, p.attributes ->> 'region' AS region"
        " FROM invitation i JOIN member m USING (member_id) JOIN profile p ON p.id = m.profile_id"
    )
    assert Counter(row["age"] for row in rows) == {"18-34": 30, "65+": 20}
    assert {row["region"] for row in rows} <= {"nord", "reunion"}


@pytest.mark.parametrize("campaigns", [1, 3])
async def test_a_stored_draw_is_repeated_to_the_member(world: World, campaigns: int) -> None:
    await populate(world, 900)
    launched = [await world.campaign(await world.project(), 200) for _ in range(campaigns)]
    launched.append(
        await world.campaign(
            await world.project(), 250, quotas=("age_band", {"18-34": 130, "65+": 120})
        )
    )
    await world.launch(*launched)
    allocation = await world.allocate()
    assert allocation is not None

    stored = await world.rows(STORED_DRAW, allocation.draw_id)
    committed = {
        row["id"]: (row["seed"], row["commitment"])
        for row in await world.rows("SELECT id, seed, commitment FROM campaign")
    }
    assert rules.draw_seed({id: seed for id, (seed, _) in committed.items()}) == stored[0]["seed"]
    entries = [
        rules.Entry(row["campaign_id"], row["stratum"], row["wanted"], row["candidates"])
        for row in stored
    ]
    replayed = rules.replay(stored[0]["seed"], entries)
    for row, chosen in zip(stored, replayed, strict=True):
        assert set(chosen) == set(row["chosen"])
        seed = committed[row["campaign_id"]][0]
        assert row["candidates"] == sorted(
            row["candidates"],
            key=lambda id, seed=seed: rules.rank(seed, id),  # type: ignore[misc]
        )
    # Everybody could be asked, and the best-ranked of them were considered first.
    everybody = [row["member_id"] for row in await world.rows("SELECT member_id FROM member")]
    stratum = next(row for row in stored if row["stratum"] == "")
    assert stratum["input_digest"] == rules.input_digest(everybody)
    seed = committed[stratum["campaign_id"]][0]
    best = sorted(everybody, key=lambda id: rules.rank(seed, id))[: len(stratum["candidates"])]
    assert stratum["candidates"] == best
    invited = await world.rows("SELECT member_id FROM invitation")
    assert {row["member_id"] for row in invited} == {id for ids in replayed for id in ids}


async def test_the_seed_is_published_before_eligibility_is_read(world: World) -> None:
    await world.members(10)
    campaign = await world.campaign(await world.project(), 5)
    await world.launch(campaign)
    commitment = await world.value("SELECT commitment FROM campaign")
    assert (await world.published_projects())[-1].draw_commitments == [commitment]
    assert await world.value("SELECT count(*) FROM draw") == 0


async def test_a_draw_cannot_read_replies(world: World) -> None:
    demand = Demand(1, (await world.members(1))[0], "", 1, Window(TODAY, TODAY))
    for hidden in (
        "SELECT state FROM invitation",
        "SELECT answered_at FROM invitation",
        "SELECT * FROM invitation",
        "SELECT state FROM participation",
        "SELECT answer FROM send_order",
    ):
        async with world.transaction() as conn:
            await begin_draw(conn, [demand])
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(hidden)


async def test_a_decline_does_not_change_later_odds(world: World) -> None:
    """The same panel, drawn twice: whoever declined before is drawn exactly as otherwise."""
    people = await world.members(40)
    first, _ = await world.launched(40)
    await world.deliver_all()
    invitations = await world.invitations(first)
    campaign = await world.campaign(await world.project(), 15)
    await world.launch(campaign)

    async def next_draw(declining: int) -> set[UUID]:
        """Draw 31 days later in a transaction that is undone."""
        async with world.database.pool.acquire() as conn:
            transaction = conn.transaction()
            await transaction.start()
            await conn.execute(
                "UPDATE invitation SET state = 'declined', answered_at = $1"
                " WHERE id = ANY ($2::uuid[])",
                world.clock.now(),
                [row["id"] for row in invitations[:declining]],
            )
            await allocate(conn, world.clock)
            rows = await conn.fetch(
                "SELECT member_id FROM invitation WHERE campaign_id = $1", campaign
            )
            await transaction.rollback()
        return {row["member_id"] for row in rows}

    world.advance(days=31)
    without = await next_draw(0)
    assert len(without) == 15
    assert without < set(people)
    assert await next_draw(20) == without
    assert await next_draw(40) == without


async def test_a_refused_message_reopens_the_gap_the_next_day(world: World) -> None:
    people = await world.members(3)
    project, _ = await world.launched(2)
    (first, _) = await world.rows("SELECT order_id, member_id, subject_id FROM send_order")
    await world.deliver(first["order_id"], DeliveryOutcome.REFUSED)
    assert await world.allocate() is None, "once a day"
    world.advance(days=1)
    allocation = await world.allocate()
    assert allocation is not None
    assert sum(allocation.asked.values()) == 1
    assert (await world.view(project)).counts.refused_by_reason == {"no_address": 1}
    assert len(people) == 3


async def test_an_unsent_invitation_is_ordered_again_under_its_own_id(
    world: World,
) -> None:
    await world.members(1)
    project, _ = await world.launched(1)
    (unsent,) = await world.invitations(project)
    await world.deliver(unsent["order_id"], DeliveryOutcome.REFUSED)
    world.advance(days=1)
    await world.allocate()
    (reordered,) = await world.invitations(project)
    assert reordered["id"] == unsent["id"]
    assert reordered["state"] == "ordered"
    assert reordered["order_id"] != unsent["order_id"]
    orders = await world.orders()
    assert [order.subject_id for order in orders] == [unsent["id"], unsent["id"]]


async def test_members_not_asked_are_counted_by_reason(world: World) -> None:
    await world.members(5)
    await world.apply_members(
        member(status=MemberStatus.PAUSED),
        member(not_before=TODAY + timedelta(days=9)),
        member(ends_on=TODAY),
    )
    (former,) = await world.members(1)
    await world.apply_members(gone(former, MemberStatus.LEFT))
    await world.launched(3)
    assert await world.value("SELECT not_asked FROM draw_campaign") == {
        "paused": 1,
        "asked_recently": 1,
        "membership_ending": 1,
        "not_drawn": 2,
    }


async def test_the_window_starts_tomorrow_when_sending_hours_are_nearly_over(world: World) -> None:
    await world.members(1)
    world.advance(hours=7)  # 19:00 in Paris
    await world.launched(1)
    (order,) = await world.orders()
    assert order.first_day == TODAY + timedelta(days=1)
    assert order.last_day == TODAY + timedelta(days=2)


async def test_an_audience_without_members_asks_nobody(world: World) -> None:
    await world.members(5)
    campaign = await world.campaign(await world.project(), 5, audience={"region": ["corse"]})
    await world.launch(campaign)
    allocation = await world.allocate()
    assert allocation is not None
    assert allocation.asked == {}
