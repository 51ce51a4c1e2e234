"""Campaigns as operators run it: backed up, restored and started again, with its bus.

The service runs on real Kafka and PostgreSQL; a test plays registry, responses and feedback.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from deploy import backup
from services.campaigns.app import build
from services.campaigns.settings import CampaignsSettings
from services.contracts.events.registry import DeliveryOutcome, DeliveryState
from services.contracts.events.responses import CollectionPhase, CollectionState
from services.runtime.clock import ClockSetting, SharedClock
from tests.support.campaigns import CREDENTIAL_KEYS, TODAY, World
from tests.support.events import produce
from tests.support.running import free_port
from tests.support.servers import eventually

# Everything that the charter's promises rest on, without versions and times.
RESTORED_FACTS = {
    "ledger": "SELECT order_id, member_id, first_day, last_day, state FROM ledger ORDER BY 1",
    "orders": "SELECT order_id, state, kind, member_id, subject_id, project_id, first_day,"
    " last_day, answer, answer_day, answer_reason FROM send_order ORDER BY 1",
    "invitations": "SELECT id, project_id, member_id, order_id, state FROM invitation ORDER BY 1",
    "participations": "SELECT invitation_id, member_id, state FROM participation ORDER BY 1",
    "duties": "SELECT project_id, report_version, invitation_id, order_id, state, reason"
    " FROM report_duty ORDER BY 1, 2, 3",
    "projects": "SELECT id, state, title, decision_maker_name, recruitment_ends_on, asked, joined,"
    " credentials_issued, credential_key, report_version, ended_early_reason FROM project"
    " WHERE published_at IS NOT NULL ORDER BY 1",
    "incidents": "SELECT kind, order_id FROM incident ORDER BY 1, 2",
}


@dataclass
class OperatedCampaigns:
    dsn: str
    kafka: str
    folder: Path
    keys: tuple[str, str]
    day: int = 0
    main_task: "asyncio.Task[None] | None" = None

    def __post_init__(self) -> None:
        self.on(0)

    def on(self, day: int) -> None:
        """Set the clock to noon, `day` days after the first."""
        self.day = day
        noon = datetime.combine(TODAY + timedelta(days=day), time(11), UTC)
        SharedClock(self.folder / "clock.json").change(lambda _: ClockSetting(stopped_at=noon))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[World]:
        service = build(
            CampaignsSettings(
                mode="local",
                clock_file=self.folder / "clock.json",
                kafka_bootstrap=self.kafka,
                issuer="http://issuer.test",
                http_port=free_port(),
                link_public_keys="[]",
                credential_keys=SecretStr(CREDENTIAL_KEYS),
                database_dsn=SecretStr(self.dsn),
                responses_url="https://answers.example",
                allocate_every_seconds=0.2,
            )
        )
        async with service.running() as self.main_task:
            world = World(service.database, service.clock)
            yield world
            await self.becomes(world, "SELECT count(*) = 0 FROM outbox WHERE topic IS NOT NULL")

    async def becomes(self, world: World, condition: str, *arguments: Any) -> None:
        """Wait until a query answers true."""

        async def holds() -> bool:
            return bool(await world.value(condition, *arguments))

        await eventually(holds, condition, within=40)

    async def back_up(self) -> Path:
        at = datetime.combine(TODAY, time(11), UTC)
        return await asyncio.to_thread(
            backup.save, {"campaigns": self.dsn}, self.folder / "backups", self.keys[1], at
        )

    async def restore(self, saved: Path) -> None:
        at = datetime.combine(TODAY + timedelta(days=min(self.day, 35)), time(11), UTC)
        restored = backup.restore(saved, {"campaigns": self.dsn}, self.keys[0], at)
        await asyncio.to_thread(list, restored)

    async def deliver(self, world: World, *order_ids: UUID) -> None:
        """Registry reports these orders, or all unsettled ones, as sent."""
        unsettled = "SELECT order_id FROM send_order WHERE answer IS NULL AND state = 'ordered'"
        ids = order_ids or [row["order_id"] for row in await world.rows(unsettled)]
        today = world.clock.today()
        await produce(
            self.kafka,
            *(
                DeliveryState(order_id=id, version=2, state=DeliveryOutcome.SENT, day=today)
                for id in ids
            ),
        )
        all_settled = (
            "SELECT count(*) = 0 FROM send_order WHERE order_id = ANY ($1) AND answer IS NULL"
        )
        await self.becomes(world, all_settled, list(ids))

    async def ready(self, project: UUID, version: int = 1) -> None:
        state = CollectionState(version=version, project_id=project, state=CollectionPhase.READY)
        await produce(self.kafka, state)


async def restored_facts(world: World) -> dict[str, list[dict[str, Any]]]:
    return {name: await world.rows(query) for name, query in RESTORED_FACTS.items()}


async def launch_project(
    operated: OperatedCampaigns, world: World, invited: int, title: str = "Lettre"
) -> UUID:
    """A project with a ready collection and one campaign, which invites `wanted` members."""
    recruitment = TODAY + timedelta(days=operated.day + 10)
    project = await world.project(
        ready=False,
        title=title,
        recruitment_ends_on=recruitment,
        collection_ends_on=recruitment + timedelta(days=10),
    )
    await operated.ready(project)
    await operated.becomes(
        world, "SELECT count(*) = 1 FROM collection WHERE project_id = $1", project
    )
    await world.launch(await world.campaign(project, invited))
    all_invited = f"SELECT count(*) = {invited} FROM invitation WHERE project_id = $1"
    await operated.becomes(world, all_invited, project)
    return project
