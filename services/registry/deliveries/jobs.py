"""Jobs of deliveries: refuse orders that can no longer be sent, settle attempts of dead senders."""

import asyncio
import time

from services.registry.deliveries import store, use_cases
from services.runtime.service import Service

_REFUSE_SECONDS, _SETTLE_SECONDS = 2.0, 2.0
# With very many pending orders the check is not free: it takes a tenth of the time at most.
_REST_PER_SECOND_OF_WORK = 9


def register(service: Service) -> None:
    clock, database = service.clock, service.database

    async def refuse_unsendable_orders() -> None:
        began = time.monotonic()
        async with database.transaction() as conn:
            await use_cases.refuse_all_unsendable_orders(conn, clock)
        await asyncio.sleep(_REST_PER_SECOND_OF_WORK * (time.monotonic() - began))

    async def settle_stale_attempts() -> None:
        async with database.read_only() as conn:
            open_attempts = await store.list_open_attempts(conn)
        for order_id, member_id in open_attempts:
            async with database.transaction() as conn:
                await use_cases.settle_stale_attempt(conn, clock, order_id, member_id)

    service.every(_REFUSE_SECONDS, "refuse_unsendable_orders", refuse_unsendable_orders)
    service.every(_SETTLE_SECONDS, "settle_stale_attempts", settle_stale_attempts)
