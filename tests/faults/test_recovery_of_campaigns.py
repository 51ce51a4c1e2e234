"""Campaigns put back from a backup plans by what it had said since, and lets nobody speak twice.

The service runs on real Kafka and PostgreSQL; the test plays registry, responses and feedback.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.backup import backup
from services.campaigns.app import build
from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.rules import IssuingStopped
from services.campaigns.projects import use_cases as projects
from services.campaigns.settings import CampaignsSettings
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import DeliveryOutcome, DeliveryState, MemberStatus
from services.contracts.events.responses import CollectionPhase, CollectionState, ListedProposal
from services.contracts.http.campaigns import ChangeDecisionMaker
from services.contracts.http.common import Role
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.http.staff_tokens import Staff
from tests.support import databases
from tests.support.campaigns import CREDENTIAL_KEYS, TODAY, World, gone, member, new_key
from tests.support.events import produce
from tests.support.running import free_port
from tests.support.servers import PostgresServer, eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

INES = Staff("ines", "Inès B.", frozenset({Role.CAMPAIGNS}))

# All that the charter's promises hang on, without what only counts versions and moments.
KEPT = {
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
class Operated:
    dsn: str
    kafka: str
    folder: Path
    keys: tuple[str, str]
    day: int = 0
    works: "asyncio.Task[None] | None" = None

    def __post_init__(self) -> None:
        self.on(0)

    def on(self, day: int) -> None:
        """Noon, so many days after the first."""
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
        async with service.running() as self.works:
            world = World(service.database, service.clock)
            yield world
            await self.becomes(world, "SELECT count(*) = 0 FROM outbox WHERE topic IS NOT NULL")

    async def becomes(self, world: World, question: str, *about: Any) -> None:
        async def so() -> bool:
            return bool(await world.value(question, *about))

        await eventually(so, question, within=40)

    async def save(self) -> Path:
        at = datetime.combine(TODAY, time(11), UTC)
        return await asyncio.to_thread(
            backup.save, {"campaigns": self.dsn}, self.folder / "backups", self.keys[1], at
        )

    async def put_back(self, saved: Path) -> None:
        at = datetime.combine(TODAY + timedelta(days=min(self.day, 35)), time(11), UTC)
        restored = backup.restore(saved, {"campaigns": self.dsn}, self.keys[0], at)
        await asyncio.to_thread(list, restored)

    async def deliver(self, world: World, *order_ids: UUID) -> None:
        """Registry has sent these, or all that wait."""
        asked = "SELECT order_id FROM send_order WHERE answer IS NULL AND state = 'ordered'"
        ids = order_ids or [row["order_id"] for row in await world.rows(asked)]
        today = world.clock.today()
        await produce(
            self.kafka,
            *(
                DeliveryState(order_id=id, version=2, state=DeliveryOutcome.SENT, day=today)
                for id in ids
            ),
        )
        settled = "SELECT count(*) = 0 FROM send_order WHERE order_id = ANY ($1) AND answer IS NULL"
        await self.becomes(world, settled, list(ids))

    async def ready(self, project: UUID, version: int = 1) -> None:
        state = CollectionState(version=version, project_id=project, state=CollectionPhase.READY)
        await produce(self.kafka, state)


@pytest.fixture
async def operated(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[Operated]:
    async with databases.clone(postgres_server, "campaigns") as (dsn, database):
        # Its own connections would keep a restore from beginning.
        await database.stop()
        yield Operated(dsn, kafka, tmp_path, backup.new_identity())
        await database.start()


async def everything(world: World) -> dict[str, list[dict[str, Any]]]:
    return {name: await world.rows(query) for name, query in KEPT.items()}


async def launched(operated: Operated, world: World, wanted: int, title: str = "Lettre") -> UUID:
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
    await world.launch(await world.campaign(project, wanted))
    asked = f"SELECT count(*) = {wanted} FROM invitation WHERE project_id = $1"
    await operated.becomes(world, asked, project)
    return project


async def test_all_that_was_planned_answered_and_owed_since_the_backup_is_there_again(
    operated: Operated,
) -> None:
    people = [member() for _ in range(8)]
    async with operated.running() as world:
        await produce(operated.kafka, *people)
        await operated.becomes(world, "SELECT count(*) = 8 FROM member")
        first = await launched(operated, world, 4)
    saved = await operated.save()

    async with operated.running() as world:
        await operated.deliver(world)
        ann, bob, cleo, dan = await world.invitations(first)
        for row in (ann, bob, cleo):
            await world.accept(row["id"], row["member_id"])
        await operated.deliver(world)
        await world.leave(cleo["id"], cleo["member_id"])
        async with world.transaction() as conn:
            change = ChangeDecisionMaker(
                name="Zoé Petit",
                role="Directrice",
                account="a" * 32,
                reason="Mme Bernard est partie",
            )
            await projects.change_decision_maker(conn, world.clock, INES, first, change)
        await launched(operated, world, 4, "Formulaire")
        operated.on(11)
        await operated.becomes(
            world, "SELECT state = 'recruited' FROM project WHERE id = $1", first
        )
        operated.on(21)
        await operated.becomes(
            world, "SELECT state = 'collected' FROM project WHERE id = $1", first
        )
        listed = [ListedProposal(id=first, version=1)]
        await produce(
            operated.kafka,
            CollectionState(
                version=4, project_id=first, state=CollectionPhase.SYNTHESISED, proposals=listed
            ),
        )
        await produce(
            operated.kafka,
            ReportState(
                version=1,
                project_id=first,
                collection_version=4,
                summary="Le montant vient en tête.",
                url="https://panel.example/projets/1/retour",
                decisions=[],
                published_on=world.clock.today(),
            ),
        )
        await operated.becomes(world, "SELECT count(*) = 2 FROM report_duty")
        reports = await world.rows("SELECT order_id FROM send_order WHERE kind = 'report'")
        await operated.deliver(world, *(row["order_id"] for row in reports))
        await operated.becomes(world, "SELECT state = 'closed' FROM project WHERE id = $1", first)
        await produce(operated.kafka, gone(dan["member_id"], MemberStatus.ERASED))
        await operated.becomes(world, "SELECT count(*) = 1 FROM member WHERE status = 'erased'")
        before = await everything(world)
    await operated.put_back(saved)
    async with operated.running() as world:
        await operated.becomes(world, "SELECT NOT recovering()")
        # That she left the project by herself ordered no message, so nobody else ever knew.
        hers = "FROM send_order WHERE kind = 'report' AND subject_id = $1 AND answer IS NULL"
        report = await world.value(f"SELECT order_id {hers}", cleo["id"])
        await operated.deliver(world, report)
        await operated.becomes(world, "SELECT state = 'closed' FROM project WHERE id = $1", first)
        after = await everything(world)
    # That he never answered is known; whether recruitment or his erasure came first is not.
    for row in after["invitations"]:
        if row["id"] == dan["id"] and row["state"] == "cancelled":
            row["state"] = "expired"
    for row in before["participations"]:
        if row["invitation_id"] == cleo["id"]:
            row["state"] = "joined"
    # Topics tell how many people in fives and nothing below: here three took part.
    for row in before["projects"]:
        row |= dict.fromkeys(("asked", "joined", "credentials_issued"))
    for name, rows in before.items():
        assert [row for row in after[name] if row.get("order_id") != report] == rows, name


async def test_nobody_gets_a_second_credential_after_a_restore(operated: Operated) -> None:
    async with operated.running() as world:
        await produce(operated.kafka, *(member() for _ in range(3)))
        await operated.becomes(world, "SELECT count(*) = 3 FROM member")
        project = await launched(operated, world, 3)
        await operated.deliver(world)
        ann, bob, cleo = await world.invitations(project)
        for row in (ann, bob):
            await world.accept(row["id"], row["member_id"])
        await world.take_credential(project, ann["id"], ann["member_id"])
    saved = await operated.save()
    async with operated.running() as world:
        await world.take_credential(project, bob["id"], bob["member_id"])
    await operated.put_back(saved)

    async with operated.running() as world:
        await operated.becomes(world, "SELECT NOT recovering()")
        # The one that the backup knows is given again, for the same request.
        await world.take_credential(project, ann["id"], ann["member_id"])
        await world.accept(cleo["id"], cleo["member_id"])
        for row in (bob, cleo):
            asking = credentials.Asking(row["id"], row["member_id"], b"another request")
            async with world.transaction() as conn:
                (refused,) = await credentials.record_requests(conn, world.clock, project, [asking])
            assert isinstance(refused, IssuingStopped)
        insert = "INSERT INTO credential VALUES ($1, sha256('x'))"
        with pytest.raises(asyncpg.CheckViolationError) as raised:
            await world.database.pool.execute(insert, bob["id"])
        assert raised.value.constraint_name == "credential_known_to_be_the_only_one"
        with pytest.raises(asyncpg.CheckViolationError):
            await world.database.pool.execute("UPDATE project SET issuing_stopped = false")
        # The rule is what refuses it.
        await world.database.pool.execute(
            "DROP TRIGGER credential_known_to_be_the_only_one ON credential"
        )
        await world.database.pool.execute(insert, bob["id"])


async def test_a_project_that_was_a_draft_is_published_as_everybody_read_it(
    operated: Operated,
) -> None:
    async with operated.running() as world:
        draft = await world.project(ready=False, publish=False)
    saved = await operated.save()
    async with operated.running() as world:
        async with world.transaction() as conn:
            await projects.publish_project(conn, world.clock, draft, new_key(draft))
        before = await everything(world)
    await operated.put_back(saved)
    async with operated.running() as world:
        await operated.becomes(world, "SELECT NOT recovering()")
        assert await everything(world) == before
        assert await world.value("SELECT state FROM project") == "published"
