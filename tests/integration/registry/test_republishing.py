"""Republishing inserts the current state of everything into the outbox again."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

from services.registry import recovery
from services.registry.member_space import use_cases as member_space
from tests.support.registry import (
    TODAY,
    Registry,
    order,
)
from tests.support.servers import eventually


async def test_republishing_says_every_current_state_once_more(registry: Registry) -> None:
    [member] = await registry.enrol("zoe@example.test")
    await registry.receive(order(uuid4()), order(member, first=TODAY + timedelta(days=3)))
    await registry.database.pool.execute("DELETE FROM outbox")
    async with registry.database.transaction() as conn:
        republished = await recovery.republish(conn, registry.clock)
    assert republished == {"member.state": 1, "delivery.state": 1, "figures.state": 0}
    assert await registry.database.pool.fetchval("SELECT count(*) FROM outbox") == 2


async def test_who_leaves_while_all_is_republished_is_said_to_have_left_last(
    registry: Registry,
) -> None:
    [member] = await registry.enrol("zoe@example.test")

    async def republish() -> None:
        async with registry.database.transaction() as conn:
            await recovery.republish(conn, registry.clock)

    async def waits_or_is_done() -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return task.done() or bool(await registry.database.pool.fetchval(waiting))

    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
        task = asyncio.create_task(republish())
        await eventually(waits_or_is_done, "republishing met the departure")
    await task
    bodies = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(member)
    )
    assert [json.loads(row["body"])["version"] for row in bodies] == [1, 2, 2]
    assert json.loads(bodies[-1]["body"])["status"] == "left"
