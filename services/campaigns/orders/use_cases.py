"""Notices: messages that ask nothing new, so they take no place in the contact ledger."""

from collections.abc import Sequence

from services.campaigns.orders import store
from services.campaigns.orders.rules import Notice, notice_window
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


async def order_notices(conn: Connection, clock: Clock, notices: Sequence[Notice]) -> None:
    if notices:
        await store.insert_notices(conn, notice_window(clock.now()), clock.now(), notices)
