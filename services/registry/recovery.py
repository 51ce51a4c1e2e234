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
from services.registry import domain, store
from services.registry.store import sql
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection

log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def before(conn: Connection) -> None:
        await recover_people(conn, clock)

    async def after(conn: Connection) -> None:
        await recover_messages(conn, clock)

    async def orders(conn: Connection, events: Sequence[OrderState]) -> None:
        """Held, not judged: what became of them is told below."""
        await store.hold_orders(conn, events)
        await store.cancel_orders(
            conn, [o.order_id for o in events if o.state is OrderRequest.CANCELLED]
        )

    return Recovery(before, after, {OrderState: orders})


async def recover_people(conn: Connection, clock: Clock) -> None:
    """Before the orders: who is gone, who changed, who came."""
    today = domain.latest_day(clock.now())
    await conn.execute(sql.recover_contacts, store.MEMBERS, today)
    await conn.execute(sql.recover_erased, store.MEMBERS, today)
    await conn.execute(sql.recover_members, store.MEMBERS)
    await conn.execute(sql.recover_unknown, store.MEMBERS)
    await conn.execute(sql.recover_figures, store.FIGURES)


async def recover_messages(conn: Connection, clock: Clock) -> None:
    """Once every order is held: what became of each, and when each person may be asked again."""
    now = clock.now()
    today, earliest = domain.latest_day(now), domain.earliest_day(now)
    lost = await conn.fetchval(sql.something_unheard, store.MEMBERS, store.DELIVERIES, earliest)
    await conn.execute(sql.recover_deliveries, store.DELIVERIES)
    doubtful = store.rows_of(await conn.execute(sql.doubt_solicitations, now))
    await conn.execute(sql.recover_locks, store.MEMBERS)
    await conn.execute(sql.recover_notice_locks)
    if lost:
        log.critical("topics_lost_too", everybody_locked_from=today.isoformat())
        await conn.execute(sql.lock_everybody, today)
        await conn.execute(sql.outgrow, now)
    log.warning("messages_recovered", taken_as_sent=doubtful)
