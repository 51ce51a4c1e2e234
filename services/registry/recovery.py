"""Recovery of registry after a restore, before it sends anything (decision 0018).

People who had left or been erased leave again. Messages sent since the backup were sent, and hold
their contact locks. A solicitation of unknown fate is taken as sent, as one too few harms nobody.
Where the topics were lost as well, everybody counts as solicited today.

"Today" is the latest civil day anywhere on Earth: a day taken from one zone would be the day before
for a member east of it, who could be solicited 30 civil days later.
"""

from collections.abc import Sequence

import structlog

from services.contracts.events.campaigns import OrderRequest, OrderState
from services.registry.deliveries import store as deliveries_store
from services.registry.figures import store as figures_store
from services.registry.members import rules as members_rules
from services.registry.members import store as members_store
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry", ".")

log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def before(conn: Connection) -> None:
        await recover_people(conn, clock)

    async def after(conn: Connection) -> None:
        await recover_messages(conn, clock)

    async def orders(conn: Connection, events: Sequence[OrderState]) -> None:
        """Held, not judged: what became of them is told below."""
        await deliveries_store.insert_orders(conn, events)
        await deliveries_store.update_cancelled_orders(
            conn, [o.order_id for o in events if o.state is OrderRequest.CANCELLED]
        )

    return Recovery(before, after, {OrderState: orders})


async def recover_people(conn: Connection, clock: Clock) -> None:
    """Before the orders: who is gone, who changed, who came."""
    today = members_rules.latest_civil_day(clock.now())
    await conn.execute(queries.recover_contacts, members_store.MEMBERS, today)
    await conn.execute(queries.recover_erased, members_store.MEMBERS, today)
    await conn.execute(queries.recover_members, members_store.MEMBERS)
    await conn.execute(queries.recover_unknown, members_store.MEMBERS)
    await conn.execute(queries.recover_figures, figures_store.FIGURES)


async def recover_messages(conn: Connection, clock: Clock) -> None:
    """Once every order is held: what became of each, and when each person may be asked again."""
    now = clock.now()
    today, earliest = members_rules.latest_civil_day(now), members_rules.earliest_civil_day(now)
    lost = await conn.fetchval(
        queries.lacks_told_events, members_store.MEMBERS, deliveries_store.DELIVERIES, earliest
    )
    await conn.execute(queries.recover_deliveries, deliveries_store.DELIVERIES)
    doubtful = members_store.affected_rows(
        await conn.execute(queries.mark_doubtful_solicitations, now)
    )
    await conn.execute(queries.recover_contact_locks, members_store.MEMBERS)
    await conn.execute(queries.recover_notice_locks)
    if lost:
        log.critical("topics_lost_too", everybody_locked_from=today.isoformat())
        await conn.execute(queries.lock_everybody, today)
        await conn.execute(queries.raise_versions, now)
    log.warning("messages_recovered", taken_as_sent=doubtful)


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """The current state of every member, every answered order and every month, once more."""
    now = clock.now()
    return {
        members_store.MEMBER: await members_store.republish_members(conn, now),
        deliveries_store.DELIVERY: await deliveries_store.republish_deliveries(conn, now),
        figures_store.FIGURE: await figures_store.republish_figures(conn, now),
    }
