"""A registry for tests: its keys, its members, its orders, and the sender on a mail catcher."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import OKPKey

from deploy.local.mail_catcher import Behaviour, MailCatcher, as_usual
from services.contracts.events.campaigns import (
    DecisionMaker,
    Mandate,
    OrderKind,
    OrderRequest,
    OrderState,
    ProjectPhase,
    ProjectState,
)
from services.contracts.events.feedback import ReportState
from services.contracts.http.common import Role
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.sender import Sender
from services.registry.deliveries.smtp import MailServer
from services.registry.imports import use_cases as imports
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.members.rules import Contact
from services.registry.messages import store as messages_store
from services.registry.messages.links import MemberLinks
from services.registry.messages.renderer import MessageRenderer
from services.registry.messages.rules import MessageContent
from services.runtime.clock import Clock, FixedClock
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Database
from services.runtime.text import Language
from tests.support.servers import eventually

# A Tuesday, noon in Paris.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
LONG_AGO = TODAY - timedelta(days=100)
# Long enough ago for a solicitation today.
LAST_MONTH = TODAY - timedelta(days=40)

CONTACT_KEY = base64.b64encode(b"k" * 32).decode()
LOOKUP_KEY = base64.b64encode(b"h" * 32).decode()
SIGNING_KEY = OKPKey.generate_key("Ed25519")
REGISTRY_URL, CAMPAIGNS_URL = "http://registry.test", "http://campaigns.test"

HEADER = (
    "Courriel;Nom;Prénom;Tranche d'âge;Région;Aisance numérique;Langue;Fuseau horaire;"
    "Date d'adhésion;Date de consentement;Preuve du consentement;Dernier contact"
)


def encryptor() -> ContactEncryptor:
    return ContactEncryptor(json.dumps([CONTACT_KEY]), LOOKUP_KEY)


def links() -> MemberLinks:
    return MemberLinks(SIGNING_KEY, REGISTRY_URL, CAMPAIGNS_URL)


def renderer() -> MessageRenderer:
    return MessageRenderer("Panel usagers <panel@example.test>", links())


def leave_path(member_id: UUID, member_links: MemberLinks | None = None) -> str:
    """The path of a member's link to leave."""
    url = (member_links or links()).leave(member_id, date(2029, 3, 1))
    return url.removeprefix(REGISTRY_URL)


class SignedIn:
    """Takes the place of token verification, which runtime's own tests cover."""

    def __init__(self, *roles: Role) -> None:
        self._staff = Staff("ana", "Ana", frozenset(roles))

    async def verify(self, token: str) -> Staff:
        return self._staff


def line(
    address: str,
    *,
    language: str = "fr",
    zone: str = "Europe/Paris",
    accepted: str = "01/03/2026",
    consent: str = "01/03/2026",
    proof: str = "F-12",
    last_contact: str = LONG_AGO.isoformat(),
    age: str = "35-49",
    region: str = "Nord",
    digital: str = "parfois",
) -> str:
    return ";".join(
        [address, "Durand", "Zoé", age, region, digital, language, zone, accepted, consent, proof,
         last_contact]
    )  # fmt: skip


def csv_file(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO("\r\n".join([header, *lines, ""]).encode(encoding))


async def enrol(database: Database, clock: Clock, *addresses: str, **columns: str) -> list[UUID]:
    """Members by an import, in the order of the addresses."""
    rows = [line(address, **columns) for address in addresses]
    async with database.transaction() as conn:
        report = await imports.import_members(
            conn, clock, encryptor(), csv_file(*rows), "en", accept_month=True
        )
        assert report.kept, report.errors
        hashes = [encryptor().hash(address) for address in addresses]
        contacts = await conn.fetch("SELECT member_id, email_hash FROM contact")
    by_hash = {row["email_hash"]: row["member_id"] for row in contacts}
    return [by_hash[hash] for hash in hashes]


def project(project_id: UUID | None = None, version: int = 1) -> ProjectState:
    return ProjectState(
        project_id=project_id or uuid4(),
        version=version,
        state=ProjectPhase.OPEN,
        mandate=Mandate(
            title="La lettre de la caisse d'allocations",
            nature="une enquête",
            why="La lettre est mal comprise.",
            stakes="Des droits non demandés.",
            objectives="Une lettre claire.",
            purpose="La lettre de 2027.",
            decision_maker=DecisionMaker(name="Mme Martin", role="directrice"),
            who="toute personne majeure",
            how="en ligne",
        ),
        recruitment_ends_on=date(2027, 3, 1),
        collection_ends_on=date(2027, 4, 1),
    )


def report(project: ProjectState, version: int = 1, **fields: Any) -> ReportState:
    defaults: dict[str, Any] = {
        "collection_version": 4,
        "summary": "Quatorze personnes ont demandé que le montant vienne en tête.",
        "url": "https://panel.test/projets/1/retour",
        "decisions": [],
        "published_on": TODAY,
    }
    return ReportState(project_id=project.project_id, version=version, **(defaults | fields))


def order(
    member_id: UUID,
    project: ProjectState | None = None,
    *,
    kind: OrderKind = OrderKind.INVITATION,
    first: date = TODAY,
    days: int = 2,
    state: OrderRequest = OrderRequest.ORDERED,
    version: int = 1,
    order_id: UUID | None = None,
    report_version: int | None = None,
    **details: str,
) -> OrderState:
    return OrderState(
        order_id=order_id or uuid4(),
        version=version,
        state=state,
        order_class=kind.order_class,
        kind=kind,
        member_id=member_id,
        subject_id=uuid4(),
        project_id=project and project.project_id,
        project_version=project and project.version,
        report_version=report_version,
        first_day=first,
        last_day=first + timedelta(days=days - 1),
        details=details,
    )


def message_content(kind: OrderKind, language: Language = "fr") -> MessageContent:
    return MessageContent(
        order_id=uuid4(),
        kind=kind,
        member_id=uuid4(),
        subject_id=uuid4(),
        language=language,
        to=Contact("zoe@example.test", "Zoé"),
        mandate=project().mandate.model_dump(mode="json"),
        recruitment_ends_on=date(2027, 3, 1),
        collection_ends_on=date(2027, 4, 1),
        membership_ends_on=date(2029, 3, 1),
        details={
            OrderKind.CONFIRMATION: {"participation": "joined"},
            OrderKind.PRACTICALITIES: {"day": "2026-12-01", "starts_at": "18:30"},
        }.get(kind, {}),
    )


def environment(
    dsn: str, smtp_port: int, clock_file: Path, kafka: str = "127.0.0.1:1", http_port: int = 1
) -> dict[str, str]:
    """The environment of an operator."""
    return {
        "PANEL_MODE": "local",
        "PANEL_DATABASE_DSN": dsn,
        "PANEL_KAFKA_BOOTSTRAP": kafka,
        "PANEL_HTTP_PORT": str(http_port),
        "PANEL_ISSUER": "http://issuer.test",
        "PANEL_CLOCK_FILE": str(clock_file),
        "PANEL_SMTP_HOST": "127.0.0.1",
        "PANEL_SMTP_PORT": str(smtp_port),
        "PANEL_MAIL_FROM": "Panel usagers <panel@example.test>",
        "PANEL_CONTACT_KEYS": json.dumps([CONTACT_KEY]),
        "PANEL_LOOKUP_KEY": LOOKUP_KEY,
        "PANEL_LINK_SIGNING_KEY": json.dumps(SIGNING_KEY.as_dict(private=True)),
        "PANEL_REGISTRY_URL": REGISTRY_URL,
        "PANEL_CAMPAIGNS_URL": CAMPAIGNS_URL,
    }


@dataclass
class Registry:
    """The registry's database and clock, a mail catcher, and senders to run on both."""

    database: Database
    clock: FixedClock
    catcher: MailCatcher

    def sender(self, workers: int = 4, timeout_seconds: float = 20) -> Sender:
        server = MailServer("127.0.0.1", self.catcher.port, timeout_seconds)
        return Sender(self.database, self.clock, encryptor(), renderer(), server, workers)

    @asynccontextmanager
    async def sending(self, workers: int = 4, timeout_seconds: float = 20) -> AsyncIterator[Sender]:
        sender = self.sender(workers, timeout_seconds)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def enrol(self, *addresses: str, **columns: str) -> list[UUID]:
        return await enrol(self.database, self.clock, *addresses, **columns)

    async def apply_projects(self, *projects: ProjectState) -> None:
        async with self.database.transaction() as conn:
            await messages_store.upsert_projects(conn, projects)

    async def apply_reports(self, *reports: ReportState) -> None:
        async with self.database.transaction() as conn:
            await messages_store.upsert_reports(conn, reports)

    async def receive(self, *orders: OrderState) -> None:
        async with self.database.transaction() as conn:
            await deliveries.apply_order_states(conn, self.clock, orders)

    async def receive_order(
        self, kind: OrderKind = OrderKind.INVITATION
    ) -> tuple[UUID, OrderState]:
        """A member who was last contacted on LAST_MONTH, and an order for them."""
        survey = project()
        await self.apply_projects(survey)
        [member] = await self.enrol("zoe@example.test", last_contact=LAST_MONTH.isoformat())
        ordered = order(member, survey, kind=kind)
        await self.receive(ordered)
        return member, ordered

    async def refuse_unsendable(self) -> None:
        async with self.database.transaction() as conn:
            await deliveries.refuse_all_unsendable_orders(conn, self.clock)

    async def settle_stale_attempts(self) -> int:
        """Run the job that settles stale attempts; returns how many it settled."""
        settled = 0
        for order_id, member_id in await deliveries_store.list_open_attempts(self.database.pool):
            async with self.database.transaction() as conn:
                settled += await deliveries.settle_stale_attempt(
                    conn, self.clock, order_id, member_id
                )
        return settled

    async def delivery(self, of: OrderState) -> Mapping[str, Any]:
        row: Mapping[str, Any] | None = await self.database.pool.fetchrow(
            "SELECT * FROM delivery WHERE order_id = $1", of.order_id
        )
        return row or {"state": "unseen", "reason": None}

    async def state(self, of: OrderState) -> str:
        """Such as "sent", "refused too_soon", or "unseen" for an order not yet received."""
        row = await self.delivery(of)
        return f"{row['state']} {row['reason'] or ''}".strip()

    async def becomes(self, of: OrderState, state: str) -> None:
        """Wait until an order has a state, in the form of `state`."""

        async def has_state() -> bool:
            return await self.state(of) == state

        await eventually(has_state, f"the delivery is {state}", within=40)

    async def outcomes(self, of: OrderState) -> list[dict[str, Any]]:
        """Published outcomes of an order, in the order of the outbox."""
        rows = await self.database.pool.fetch(
            "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(of.order_id)
        )
        return [json.loads(row["body"]) for row in rows]

    async def lock(self, member_id: UUID) -> Mapping[str, Any] | None:
        row: Mapping[str, Any] | None = await self.database.pool.fetchrow(
            "SELECT l.* FROM contact_lock l JOIN member m USING (person_id) WHERE m.member_id = $1",
            member_id,
        )
        return row

    async def is_locked(self, member_id: UUID, day: date) -> bool:
        """Whether the contact lock is of this day, and of no order of this registry."""
        lock = await self.lock(member_id)
        return lock is not None and (lock["last_day"], lock["order_id"]) == (day, None)

    async def statuses(self) -> list[str]:
        rows = await self.database.pool.fetch("SELECT status FROM member ORDER BY member_id")
        return [row["status"] for row in rows]

    def mail(self, recipient: str | None = None) -> list[dict[str, Any]]:
        """The journal of the mail server, evidence from outside of the registry."""
        entries = [json.loads(text) for text in self.catcher.journal.read_text().splitlines()]
        return [entry for entry in entries if recipient in (None, entry["recipient"])]


@asynccontextmanager
async def registry(
    database: Database,
    directory: Path,
    behaviour: Behaviour = as_usual,
    reply: Behaviour = as_usual,
    at: datetime = NOON,
) -> AsyncIterator[Registry]:
    clock = FixedClock(at)
    catcher = MailCatcher(directory / "mail.jsonl", clock.now, behaviour=behaviour, reply=reply)
    await catcher.start()
    try:
        yield Registry(database, clock, catcher)
    finally:
        await catcher.stop()
