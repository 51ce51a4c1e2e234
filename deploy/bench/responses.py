"""What anonymity costs: issuing a credential against bare RSA signing."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from deploy.bench.measure import Figure, timed
from services.campaigns.keyring import Keyring
from services.campaigns.store.credentials import SealedKey
from services.campaigns.use_cases import credentials
from services.runtime.blind_rsa import SALT_BYTES, PrivateKey, request_from_seed
from services.runtime.clock import FixedClock
from services.runtime.db import Database, Queries
from services.runtime.sealing import Sealer

sql = Queries("deploy.bench")
T = TypeVar("T")
CLOCK = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
AT_ONCE = 8
ROUNDS = 20
_SEALING_KEYS = '["' + "A" * 43 + '="]'


async def issuing(database: Database, count: int) -> list[Figure]:
    """`count` participants who each ask once: signed, recorded and committed.

    In rounds that alternate with the bare signing, so that both see the same machine.
    """
    project, key = uuid4(), await asyncio.to_thread(PrivateKey.generate)
    keyring = Keyring(Sealer(_SEALING_KEYS))
    sealed = keyring.sealed(project, key).private
    async with database.transaction() as conn:
        await conn.execute(sql.open_project, project, CLOCK.today(), CLOCK.now())
        people = await conn.fetch(sql.participants, project, count, CLOCK.now())
        await conn.execute(sql.take_part, project)
    await database.pool.execute(sql.analyze)
    requests = [request_from_seed(os.urandom(32), key.public).blinded for _ in range(count)]

    async def read_key(_: UUID) -> SealedKey:
        return sealed

    async def issue(asking: tuple[UUID, UUID, bytes]) -> None:
        invitation, member, request = asking
        await keyring.sign(project, request, read_key)
        async with database.transaction() as conn:
            await credentials.record_request(conn, CLOCK, invitation, member, project, request)

    asking = [(row["id"], row["member_id"], r) for row, r in zip(people, requests, strict=True)]
    await keyring.sign(project, requests[0], read_key)  # opens the key: once per process
    bare_seconds = issuing_seconds = 0.0
    for number in range(ROUNDS):
        with timed() as bare:
            _sign_bare(key, requests[number::ROUNDS])
        with timed() as issued:
            await _several(issue, asking[number::ROUNDS])
        bare_seconds += bare.seconds
        issuing_seconds += issued.seconds
    rate, raw = count / issuing_seconds, count / bare_seconds
    return [
        Figure(
            "issuing / bare RSA signing",
            rate / raw,
            0.7,
            True,
            "×",
            f"{count:,} credentials: {rate:,.0f} against {raw:,.0f} signatures/s",
        )
    ]


def _sign_bare(key: PrivateKey, messages: Iterable[bytes]) -> None:
    """Plain signatures with the same key, on every core, and nothing else."""
    private = load_der_private_key(key.der(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), SALT_BYTES)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda m: private.sign(m, scheme, hashes.SHA384()), messages))


async def _several(work: Callable[[T], Awaitable[None]], items: Iterable[T]) -> None:
    waiting: Iterator[T] = iter(items)

    async def one_after_another() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_another())
