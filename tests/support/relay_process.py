"""A relay in a process of its own, which stops at one point and says so: to be killed or paused.

Usage: python -m tests.support.relay_process DSN BOOTSTRAP before_publish|before_delete
It prints the name of the point when it gets there and goes on after one line on standard input.
"""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from services.runtime.messaging.kafka import KafkaServer
from services.runtime.messaging.relay import Relay, RelayFenced
from services.runtime.postgres.database import Database

FENCED = 75


class HeldRelay(Relay):
    def __init__(self, database: Database, kafka: KafkaServer, held_at: str) -> None:
        super().__init__(database, kafka, "responses")
        self._held_at = held_at

    async def _hold(self, point: str) -> None:
        if point == self._held_at:
            print(point, flush=True)
            await asyncio.to_thread(sys.stdin.readline)

    async def publish(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        await self._hold("before_publish")
        await super().publish(producer, rows)

    async def delete_published(
        self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]
    ) -> None:
        await self._hold("before_delete")
        await super().delete_published(connection, rows)


async def main(dsn: str, bootstrap: str, held_at: str) -> int:
    try:
        await HeldRelay(Database(SecretStr(dsn)), KafkaServer(bootstrap), held_at).run()
    except RelayFenced:
        return FENCED
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:4])))
