"""One fair draw for all campaigns with a gap (docs/design.md, Allocation).

The result depends on committed seeds, coded attributes and the contact ledger, and on nothing else:
the draw runs as a database role that cannot read replies.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from services.campaigns.draws import rules, store
from services.campaigns.orders.rules import Window, first_sendable_day, sending_window
from services.campaigns.projects.store import acquire_allocation_lock
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Allocation:
    """Result of one draw; `asked`: number of members by campaign."""

    draw_id: UUID
    asked: dict[UUID, int]
    rounds: int


async def allocate(conn: Connection, clock: Clock) -> Allocation | None:
    """Draw for every due campaign with a gap, and order the invitations; None if there is none."""
    await acquire_allocation_lock(conn)
    today = clock.today()
    due = await store.list_due_campaigns(conn, today)
    if not due:
        return None
    due_ids = [entry.campaign.id for entry in due]
    await store.update_drawn_on(conn, due_ids, today)
    sendable = first_sendable_day(clock.now())
    already_asked = await store.count_asked(conn, due_ids)

    windows: dict[UUID, Window] = {}
    demands: list[store.Demand] = []
    for entry in due:
        campaign = entry.campaign
        window = sending_window(
            sendable, campaign.first_day, campaign.window_days, entry.recruitment_ends_on
        )
        if window is None:
            continue
        for stratum, target in sorted(campaign.strata.items()):
            gap = target - already_asked.get((campaign.id, stratum), 0)
            if gap > 0:
                windows[campaign.id] = window
                demands.append(store.Demand(len(demands) + 1, campaign.id, stratum, gap, window))
    if not demands:
        return None

    entering = [entry.campaign for entry in due if entry.campaign.id in windows]
    seed = rules.draw_seed({c.id: c.seed for c in entering if c.seed})
    await store.begin_draw(conn, demands)
    for campaign in entering:
        await store.insert_candidates(conn, campaign, windows[campaign.id])
    await store.index_candidates(conn, len(demands))
    reach = 1 if len(entering) == 1 else rules.CONTESTED_REACH
    rounds = 1
    while await store.draw_round(conn, seed, rounds, reach):
        rounds += 1
    fitting = await store.count_fitting(conn)
    await store.become_service(conn)

    drawn_at = clock.now()
    ordered = await store.order_chosen(conn, drawn_at)
    draw_id = uuid4()
    await store.insert_draw(
        conn,
        draw_id,
        seed,
        drawn_at,
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


def _not_asked(fitting: dict[str | None, int], ordered: int) -> dict[str, int]:
    """Members who fit and are not asked now, by reason."""
    reasons = {reason: number for reason, number in fitting.items() if reason is not None}
    return reasons | {"not_drawn": fitting.get(None, 0) - ordered}
