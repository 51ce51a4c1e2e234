"""Delivery outcomes of send orders, and the state of the contact ledger."""

from collections.abc import Sequence
from datetime import timedelta

from services.campaigns.ledger import store
from services.campaigns.ledger.rules import Outcome
from services.campaigns.reports.store import lock_reported_projects
from services.campaigns.reports.use_cases import advance_reports
from services.contracts.events.registry import DeliveryState
from services.contracts.http.campaigns import Contacts, FreeFrom
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

_HEATMAP_DAYS = 56


async def apply_delivery_state(
    conn: Connection, clock: Clock, events: Sequence[DeliveryState]
) -> None:
    """Settle orders, ledger entries, invitations and report duties by registry's outcomes."""
    reported = await lock_reported_projects(conn, [event.order_id for event in events])
    outcomes = [
        Outcome(event.order_id, event.version, event.state, event.day, event.reason)
        for event in events
    ]
    for project_id in await store.settle_orders(conn, outcomes, clock.now()):
        await outbox.write_hint(conn, clock, "delivery", project_id)
    await advance_reports(conn, clock, reported)


async def show_contacts(conn: Connection, clock: Clock) -> Contacts:
    today = clock.today()
    free = await store.count_free_from(conn, today)
    days = [today + timedelta(days=n) for n in range(1, _HEATMAP_DAYS + 1)]
    return Contacts(
        today=today,
        members=sum(free.values()),
        can_be_asked_today=free.get(today, 0),
        freed=[FreeFrom(day=day, members=free.get(day, 0)) for day in days],
        ledger=await store.count_by_state(conn),
    )
