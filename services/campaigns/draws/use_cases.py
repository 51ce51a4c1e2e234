"""One fair draw for all due campaigns that lack people (docs/design.md, Allocation).

Who is asked depends on committed seeds, coded attributes and the contact ledger, and on nothing
else: the draw runs as a database role that cannot read answers.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.campaigns.draws import rules, store
from services.campaigns.launches.rules import Window, first_sendable_day, window
from services.contracts.events.campaigns import OrderState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Allocation:
    """What one draw did; `asked` per campaign."""

    draw_id: UUID
    asked: dict[UUID, int]
    rounds: int


async def allocate(conn: Connection, clock: Clock) -> Allocation | None:
    """Draw for every due campaign with a gap, and order the invitations; None if there is none."""
    await store.allocation_lock(conn)
    today = clock.today()
    due = await store.due_campaigns(conn, today)
    if not due:
        return None
    await store.mark_drawn(conn, [d.campaign.id for d in due], today)
    sendable = first_sendable_day(clock.now().astimezone(PARIS))
    asked = await store.asked_so_far(conn, [d.campaign.id for d in due])

    windows: dict[UUID, Window] = {}
    demands: list[store.Demand] = []
    for one in due:
        campaign = one.campaign
        days = window(sendable, campaign.first_day, campaign.window_days, one.recruitment_ends_on)
        if days is None:
            continue
        for stratum, wanted in sorted(campaign.strata.items()):
            gap = wanted - asked.get((campaign.id, stratum), 0)
            if gap > 0:
                windows[campaign.id] = days
                demands.append(store.Demand(len(demands) + 1, campaign.id, stratum, gap, days))
    if not demands:
        return None

    entering = [d.campaign for d in due if d.campaign.id in windows]
    seed = rules.draw_seed({c.id: c.seed for c in entering if c.seed})
    await store.begin(conn, demands)
    for campaign in entering:
        await store.enter_draw(conn, campaign, windows[campaign.id])
    await store.index_candidates(conn, len(demands))
    look = 1 if len(entering) == 1 else rules.CONTESTED_LOOK
    rounds = 1
    while await store.draw_round(conn, seed, rounds, look):
        rounds += 1
    fitting = await store.fitting(conn)
    await store.become_service(conn)

    now = clock.now()
    ordered = await store.order_chosen(conn, topic_of(OrderState).name, now)
    draw_id = uuid4()
    await store.keep_draw(
        conn,
        draw_id,
        seed,
        now,
        [
            store.DrawnCampaign(
                campaign.id,
                windows[campaign.id],
                ordered.get(campaign.id, 0),
                _not_asked(fitting.get(campaign.id, {}), ordered.get(campaign.id, 0)),
            )
            for campaign in entering
        ],
    )
    for project_id in {campaign.project_id for campaign in entering}:
        await outbox.write_hint(conn, clock, "project", project_id)
    return Allocation(draw_id, ordered, rounds)


def _not_asked(fitting: dict[str | None, int], asked: int) -> dict[str, int]:
    """Those who fit and are not asked now, by reason."""
    reasons = {reason: number for reason, number in fitting.items() if reason is not None}
    return reasons | {"not_drawn": fitting.get(None, 0) - asked}
