"""Recovery of campaigns after its database was restored from a backup (docs/design.md, Restore).

Projects and orders are taken from their own published events (the table `told`); invitations and
participations follow from the orders. Replies that ordered no message are lost. A project that was
issuing credentials, as each does until its collection ends, issues no more: nobody knows who took
one, and nobody may respond twice.
"""

from itertools import pairwise

import structlog

from services.campaigns.orders.rules import notice_window
from services.campaigns.orders.store import ORDERS_TOPIC
from services.campaigns.projects.rules import Phase
from services.campaigns.reports.store import insert_duties
from services.contracts.events.campaigns import ProjectState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_value

queries = Queries("services.campaigns")

_PROJECTS_TOPIC = topic_of(ProjectState).name
_STEPS = (Phase.DRAFT, Phase.PUBLISHED, Phase.OPEN, Phase.RECRUITED, Phase.COLLECTED)
# These follow from the events of feedback and registry.
_LATER = (Phase.REPORTING, Phase.CLOSED)

log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def recover_before(conn: Connection) -> None:
        await recover_plans(conn, clock)

    return Recovery(recover_before, recover_ledger)


async def recover_plans(conn: Connection, clock: Clock) -> None:
    """Recover projects, orders, invitations and duties, before any outcome is consumed again."""
    at = clock.now()
    if await fetch_value(conn, queries.is_topic_incomplete, topic=_PROJECTS_TOPIC):
        # Subscribers must not believe the versions of the backup.
        await execute(conn, queries.outgrow_versions, now=at)
        log.critical("topics_lost_too")
    await _recover_projects(conn, clock)
    await _recover_orders(conn, clock)
    rows = await fetch(conn, queries.stop_issuing, topic=_PROJECTS_TOPIC)
    if rows:
        log.critical("credentials_stopped", projects=[str(row["id"]) for row in rows])
    # Participants without a duty although others have one: their order was lost before its event
    # was sent, or they had left the project, which ordered no message. One report too many does
    # no harm.
    for row in await fetch(conn, queries.list_reporting_projects):
        await insert_duties(
            conn, row["id"], row["report_version"], row["version"], notice_window(at), at
        )


async def recover_ledger(conn: Connection) -> None:
    """Recover the contact ledger, once registry's delivery outcomes were consumed again."""
    await execute(conn, queries.insert_ledger_entries)
    await execute(conn, queries.update_reordered_invitations)
    await execute(conn, queries.settle_invitations)
    await execute(conn, queries.expire_invitations)


async def _recover_projects(conn: Connection, clock: Clock) -> None:
    topic, at = _PROJECTS_TOPIC, clock.now()
    await execute(conn, queries.insert_missing_projects, topic=topic, now=at)
    await execute(conn, queries.insert_mandate_changes, topic=topic)
    await execute(conn, queries.update_decision_makers, topic=topic)
    await execute(conn, queries.update_projects, topic=topic, now=at)
    for phase, target in pairwise(_STEPS):
        beyond = [*_STEPS[_STEPS.index(target) :], *_LATER]
        await execute(
            conn, queries.step_projects, topic=topic, before=phase, after=target, beyond=beyond
        )
    for phase in (Phase.DRAFT, Phase.PUBLISHED):
        await execute(
            conn,
            queries.step_projects,
            topic=topic,
            before=phase,
            after=Phase.ABANDONED,
            beyond=[],
        )


async def _recover_orders(conn: Connection, clock: Clock) -> None:
    """Recover orders, and the invitations, acceptances and duties that they prove."""
    await execute(conn, queries.upsert_orders, topic=ORDERS_TOPIC, now=clock.now())
    await execute(conn, queries.insert_invitations)
    await execute(conn, queries.update_acceptances)
    await execute(conn, queries.insert_participations)
    await execute(conn, queries.update_promotions)
    await execute(conn, queries.update_places)
    await execute(conn, queries.begin_reporting)
    await execute(conn, queries.upsert_duties)
