"""The clock's edge: orders nobody can send, senders that died, memberships, months, mailboxes."""

import asyncio
import time
from uuid import UUID

from services.registry import store, use_cases
from services.registry.mailboxes import FIRST, fold_some
from services.registry.vault import Vault
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service

# Seconds between two looks.
ANSWER, JUDGE, EXPIRE, COUNT, FORGET, FOLD = 2.0, 2.0, 5.0, 5.0, 60.0, 60.0


def register(service: Service, vault: Vault) -> None:
    clock, database = service.clock, service.database

    async def answer_orders() -> None:
        began = time.monotonic()
        async with database.transaction() as conn:
            await use_cases.answer_orders(conn, clock)
        # With very many pending orders a look is not free: spend a tenth of the time on it.
        await asyncio.sleep(9 * (time.monotonic() - began))

    async def judge_stale_attempts() -> None:
        async with database.read_only() as conn:
            open_attempts = await store.unanswered_attempts(conn)
        for order_id, member_id in open_attempts:
            async with database.transaction() as conn:
                await use_cases.judge_stale_attempt(conn, clock, order_id, member_id)

    async def end_memberships() -> None:
        async with database.transaction() as conn:
            await use_cases.end_memberships(conn, clock)

    async def count_months() -> None:
        began = time.monotonic()
        async with database.transaction() as conn:
            await use_cases.count_months(conn, clock)
        # Nobody waits for these: spend a hundredth of the time on them.
        await asyncio.sleep(99 * (time.monotonic() - began))

    most_solicited = 0

    async def look_at_solicitations() -> None:
        nonlocal most_solicited
        began = time.monotonic()
        async with database.read_only() as conn:
            most_solicited = await store.most_solicited(conn, clock.today())
        await asyncio.sleep(99 * (time.monotonic() - began))

    async def measure(_: Connection) -> list[Sample]:
        text = "most solicitations of one person in 31 days"
        return [Sample("most_solicitations_in_31_days", text, most_solicited)]

    async def forget_locks() -> None:
        async with database.transaction() as conn:
            await use_cases.forget_locks(conn, clock)

    async def fold_mailboxes() -> None:
        after: UUID | None = FIRST
        while after is not None:
            async with database.transaction() as conn:
                after = await fold_some(conn, clock, vault, after)

    service.every(FORGET, "forget_locks", forget_locks)
    service.every(FOLD, "fold_mailboxes", fold_mailboxes)
    service.every(ANSWER, "answer_orders", answer_orders)
    service.every(JUDGE, "judge_stale_attempts", judge_stale_attempts)
    service.every(EXPIRE, "end_memberships", end_memberships)
    service.every(COUNT, "count_months", count_months)
    service.every(COUNT, "look_at_solicitations", look_at_solicitations)
    service.add_metrics(measure)
