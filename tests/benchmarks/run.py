"""Run of all figures, or of one part, on servers of its own."""

import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from deploy.cli.bench import Part
from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.stack import Stack, together
from services.runtime.clock import ClockSetting
from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from services.runtime.postgres.database import Database
from tests.benchmarks import (
    allocation,
    answer_page,
    duties,
    importing,
    journal,
    messages,
    public_pages,
    reading,
    responses,
    screens,
)
from tests.benchmarks.measure import Figure

# Sending hours from the Antilles to Réunion, so that invitations leave at once.
AFTERNOON = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    events: int
    members: int
    places: int
    imported: int
    credentials: int
    participants: int = 100_000
    journal_entries: int = 1_000_000


FULL = Size(
    events=1_000_000,
    members=5_000_000,
    places=500_000,
    imported=500_000,
    credentials=10_000,
)
SMOKE = Size(
    events=100_000,
    members=1_000_000,
    places=100_000,
    imported=100_000,
    credentials=4_000,
    journal_entries=100_000,
)


async def figures(size: Size, parts: Collection[Part] = tuple(Part)) -> AsyncIterator[Figure]:
    """Yield each figure as soon as it is measured."""
    if Part.FEEDBACK in parts:
        for figure in await journal.verification(size.journal_entries):
            yield figure
    with tempfile.TemporaryDirectory(prefix="panel-bench-") as directory:
        # The database server may run as a user of its own.
        Path(directory).chmod(0o755)
        async for figure in _on_servers(Path(directory) / "servers", size, parts):
            yield figure
        clock = ClockSetting(offset=AFTERNOON - datetime.now(UTC))
        stack = Stack(Path(directory) / "stack", clock=clock, new_ports=True)
        async with stack.running() as endpoints:
            today = AFTERNOON.date()
            if Part.RESPONSES in parts:
                for figure in await answer_page.answer_page(endpoints, today):
                    yield figure
            if Part.FEEDBACK in parts:
                for figure in await public_pages.public_pages(endpoints, today):
                    yield figure
            if Part.FOUNDATION in parts:
                for figure in await importing.importing(endpoints, size.imported, today):
                    yield figure
                for figure in await screens.screens(endpoints, today):
                    yield figure


async def _on_servers(
    directory: Path, size: Size, parts: Collection[Part]
) -> AsyncIterator[Figure]:
    postgres = EmbeddedPostgres(directory / "postgres")
    kafka = EmbeddedKafka(directory / "kafka")
    try:
        await postgres.start()
        if Part.RESPONSES in parts:
            async with _database(postgres, "campaigns") as database:
                for figure in await responses.issuing(database, size.credentials):
                    yield figure
            async with _database(postgres, "responses") as database:
                for figure in await responses.redeeming(database, postgres.pid, size.credentials):
                    yield figure
                for figure in await reading.pages(database):
                    yield figure
        if Part.FEEDBACK in parts:
            async with _database(postgres, "campaigns", called="duties") as database:
                for figure in await duties.duties(database, size.participants):
                    yield figure
        if Part.FOUNDATION not in parts:
            return
        await kafka.start()
        async with _database(postgres, "campaigns") as database:
            for figure in await allocation.allocation(database, size.members, size.places):
                yield figure
        async with _database(postgres, "registry") as database:
            for figure in await messages.relay(database, kafka.bootstrap, size.events):
                yield figure
            for figure in await messages.inbox(database, kafka.bootstrap, size.events):
                yield figure
    finally:
        await together(kafka.stop, postgres.stop)


@asynccontextmanager
async def _database(
    postgres: EmbeddedPostgres, service: str, called: str | None = None
) -> AsyncIterator[Database]:
    name = called or service
    await postgres.ensure_database(name)
    conn = await db.connect(postgres.dsn(name))
    try:
        await migrations.migrate(conn, migrations.for_service(f"services.{service}"))
    finally:
        await conn.close()
    database = Database(SecretStr(postgres.dsn(name)), limits={})
    await database.start()
    try:
        with db.long_running():
            yield database
    finally:
        await database.stop()
