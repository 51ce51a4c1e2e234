"""Operators' view of the whole service: measures, and events published again."""

from services.campaigns.invitations.store import count_by_state as count_invitations
from services.campaigns.ledger.store import count_by_state as count_ledger_entries
from services.campaigns.ledger.store import count_incidents
from services.campaigns.members.use_cases import republish_erasures
from services.campaigns.orders.store import count_overdue_orders, republish_unanswered
from services.campaigns.projects.use_cases import republish_projects
from services.campaigns.reports.store import count_overdue_reports
from services.contracts.events.campaigns import ErasureApplied, OrderState, ProjectState
from services.runtime.clock import Clock
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """Publish every public project, order without an outcome, and erasure again, as stored."""
    projects = await republish_projects(conn, clock)
    orders = await republish_unanswered(conn, clock.now())
    erasures = await republish_erasures(conn, clock)
    return {
        ProjectState.event_type: projects,
        OrderState.event_type: orders,
        ErasureApplied.event_type: erasures,
    }


async def measure(conn: Connection, clock: Clock) -> list[Sample]:
    today = clock.today()
    samples = [
        Sample(
            "orders_unanswered",
            "orders whose window is over without a delivery outcome",
            await count_overdue_orders(conn, today),
        ),
        Sample(
            "reports_owed",
            "participants whose report is still to be sent",
            await count_overdue_reports(conn, today),
        ),
    ]
    for state, count in (await count_ledger_entries(conn)).items():
        samples.append(Sample("ledger_entries", "contact ledger", count, {"state": state}))
    for state, count in (await count_invitations(conn)).items():
        samples.append(Sample("invitations", "invitations", count, {"state": state}))
    for kind, count in (await count_incidents(conn)).items():
        samples.append(
            Sample("incidents", "events that must never happen and did", count, {"kind": kind})
        )
    return samples
