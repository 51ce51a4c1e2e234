"""Recovery of campaigns after its database was restored from a backup (decision 0018).

Projects and orders are what it had said of them; who was invited, and who takes part, follows from
the orders. Answers that ordered no message are lost. A project that was giving credentials out, as
each does until its collection ends, gives out no more: nobody knows who took one, and nobody may
speak twice.
"""

import structlog

from services.campaigns import recovery_store as store
from services.campaigns.reports import store as reports
from services.campaigns.reports.use_cases import notice_window
from services.contracts.events.campaigns import OrderState, ProjectState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection

_PROJECTS, _ORDERS = topic_of(ProjectState).name, topic_of(OrderState).name

log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def before(conn: Connection) -> None:
        await recover_plans(conn, clock)

    return Recovery(before, store.recover_ledger)


async def recover_plans(conn: Connection, clock: Clock) -> None:
    """Projects, orders, invitations and duties, before any answer is heard again."""
    now = clock.now()
    if await store.outgrow_lost_topics(conn, _PROJECTS, now):
        log.critical("topics_lost_too")
    await store.recover_projects(conn, _PROJECTS, now)
    await store.recover_orders(conn, _ORDERS, now)
    stopped = await store.stop_issuing(conn, _PROJECTS)
    if stopped:
        log.critical("credentials_stopped", projects=[str(project) for project in stopped])
    # Who has no duty although others do: their order was lost before it was told, or they had
    # left the project, which ordered no message. A report too many harms nobody.
    for project_id, report_version, version in await store.reporting_projects(conn):
        await reports.create_duties(
            conn, project_id, report_version, version, notice_window(clock), now, _ORDERS
        )
