"""Event handler: registry's monthly figures."""

from collections.abc import Sequence

from services.contracts.events.registry import FiguresState
from services.feedback.public_account import store
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def apply_figures_states(
    conn: Connection, clock: Clock, events: Sequence[FiguresState]
) -> None:
    for month in await store.upsert_figures(conn, events):
        await outbox.write_hint(conn, clock, "figures", month)
