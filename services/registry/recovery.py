"""Recovery of a registry that was restored from a backup, before it sends anything.

Members who left or were erased since the backup leave again. Messages sent since the backup count
as sent, and hold their contact locks. A solicitation of unknown fate counts as sent: one too few
harms nobody. Where the topics were lost as well, everybody counts as solicited today.

"Today" is the latest civil day anywhere on Earth: a day of one time zone would be the day before
for a member east of it, who could be solicited 30 civil days later (docs/design.md, Erasure and
restore).
"""

from collections.abc import Sequence

import structlog

from services.contracts.events.campaigns import OrderRequest, OrderState
from services.registry.deliveries import store as deliveries
from services.registry.figures import store as figures
from services.registry.members import store as members
from services.registry.members.rules import earliest_civil_day, latest_civil_day
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, execute_counted, fetch_value

queries = Queries("services.registry")

log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def recover_before(conn: Connection) -> None:
        await recover_people(conn, clock)

    async def recover_after(conn: Connection) -> None:
        await recover_messages(conn, clock)

    async def insert_orders(conn: Connection, orders: Sequence[OrderState]) -> None:
        """Insert orders without evaluating them: `recover_messages` settles their outcomes."""
        await deliveries.insert_orders(conn, orders)
        await deliveries.update_cancelled_orders(
            conn, [order.order_id for order in orders if order.state is OrderRequest.CANCELLED]
        )

    return Recovery(recover_before, recover_after, {OrderState: insert_orders})


async def recover_people(conn: Connection, clock: Clock) -> None:
    """Before the orders: members who left, changed or joined since the backup."""
    today = latest_civil_day(clock.now())
    await execute(conn, queries.recover_contacts, topic=members.TOPIC, today=today)
    await execute(conn, queries.recover_erased, topic=members.TOPIC, today=today)
    await execute(conn, queries.recover_members, topic=members.TOPIC)
    await execute(conn, queries.recover_unknown, topic=members.TOPIC)
    await execute(conn, queries.recover_figures, topic=figures.TOPIC)


async def recover_messages(conn: Connection, clock: Clock) -> None:
    """Once all orders are inserted: their outcomes, and the locks of each person."""
    instant = clock.now()
    today = latest_civil_day(instant)
    topics_lost = await fetch_value(
        conn,
        queries.lacks_told_events,
        members_topic=members.TOPIC,
        deliveries_topic=deliveries.TOPIC,
        earliest_day=earliest_civil_day(instant),
    )
    await execute(conn, queries.recover_deliveries, topic=deliveries.TOPIC)
    doubtful = await execute_counted(conn, queries.mark_doubtful_solicitations, now=instant)
    await execute(conn, queries.recover_contact_locks, topic=members.TOPIC)
    await execute(conn, queries.recover_notice_locks)
    if topics_lost:
        log.critical("topics_lost_too", everybody_locked_from=today.isoformat())
        await execute(conn, queries.lock_everybody, today=today)
        await execute(conn, queries.raise_versions, now=instant)
    log.warning("messages_recovered", taken_as_sent=doubtful)


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """Publish the current state of every member, every delivery outcome and every month again."""
    instant = clock.now()
    return {
        members.EVENT_TYPE: await members.republish_members(conn, instant),
        deliveries.EVENT_TYPE: await deliveries.republish_deliveries(conn, instant),
        figures.EVENT_TYPE: await figures.republish_figures(conn, instant),
    }
