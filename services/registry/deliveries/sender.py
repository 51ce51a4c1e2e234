"""Sending: one feeder finds what is due, a few workers hand over one message at a time each.

The order of things is the promise. Lock the member (shared, on the worker's session) → record the
attempt with the contact lock, commit → speak SMTP, with no transaction open → just before DATA ask
whether the attempt is still in time and the session still alive → record the outcome → unlock. A
crash anywhere leaves an `attempting` row whose member nobody holds, which the sweeper finds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from typing import TypeAlias
from uuid import UUID

import asyncpg
import structlog
from aiosmtplib import SMTPException

from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.circuit_breaker import CircuitBreaker
from services.registry.deliveries.replies import Cause, Reply
from services.registry.deliveries.smtp import Handover, MailServer, MailSession
from services.registry.deliveries.use_cases import Attempt
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.messages.renderer import Letters, Message
from services.runtime.clock import Clock
from services.runtime.postgres.database import Database, long_running

_PAGE = 1_000
_IDLE_SECONDS = 0.3
_LONGEST_PAUSE = 10.0
_FIRST = UUID(int=0)

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Due = tuple[UUID, UUID]

_TROUBLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    SMTPException,
    OSError,
    TimeoutError,
)

log = structlog.get_logger()


class Sender:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        encryptor: ContactEncryptor,
        letters: Letters,
        server: MailServer,
        workers: int = 4,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._encryptor = encryptor
        self._letters = letters
        self._server = server
        self._workers = workers
        self.failures = 0
        # What must never be: counted by who sends, whoever decided that it may start.
        self.outside_hours = 0
        self.refusals: Counter[Cause] = Counter()
        self.breaker = breaker or CircuitBreaker()
        self._due: asyncio.Queue[Due] = asyncio.Queue(maxsize=workers)

    def mail_session(self) -> MailSession:
        return MailSession(self._server, self._letters.sender)

    async def run(self) -> None:
        """Send what is due until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed(), name="sender:feeder")
            for number in range(self._workers):
                group.create_task(self._work(number), name=f"sender:{number}")

    async def _feed(self) -> None:
        """Walk the due orders round and round in the order of ids, starting anywhere.

        Replicas walk from different places, so that they rarely meet; when they do, the claim
        decides. An order that cannot be claimed is met again a round later and blocks nobody.
        """
        place = self._encryptor.new_id()
        found, looked = False, 0.0
        while True:
            began = time.monotonic()
            try:
                with long_running():
                    async with self._database.read_only() as conn:
                        page = await deliveries_store.list_due_orders(
                            conn, self._clock.now(), place, _PAGE
                        )
            except _TROUBLE as error:
                log.warning("sender_cannot_look", error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            looked += time.monotonic() - began
            for order in page.due:
                await self._due.put(order)
            found = found or bool(page.due)
            place = page.last or _FIRST
            if page.last is None:
                # The end of a round. When many wait and none is due, as at night, look rarely.
                await asyncio.sleep(_IDLE_SECONDS if found else max(_IDLE_SECONDS, 5 * looked))
                found, looked = False, 0.0

    async def _work(self, number: int) -> None:
        """Keep a worker alive: a lost session or mail server costs a pause, never the worker."""
        pause = 0.2
        while True:
            worker = None
            try:
                worker = _Worker(self, await self._database.dedicated(f"sender-{number}"))
                while True:
                    # Before an order is taken, so that a mail server that is down costs no attempt.
                    await worker.ready()
                    order = await self._due.get()
                    async with self.breaker.turn():
                        await worker.ready()
                        await _to_the_end(worker.send(*order))
                    pause = 0.2
            except _TROUBLE as error:
                log.warning("sender_interrupted", error=type(error).__name__, again_in=pause)
            except Exception as error:
                self.failures += 1
                log.error("sender_failed", again_in=pause, exc_info=error)
            finally:
                if worker:
                    worker.end()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def start(self, session: Session, order_id: UUID) -> tuple[Attempt, Message] | None:
        async with session.transaction():
            now = self._clock.now()
            attempt = await deliveries.start_attempt(
                session, self._clock, self._encryptor, order_id
            )
            # Written before the commit: a message that cannot be written was never attempted.
            if attempt is None:
                return None
            self.outside_hours += not attempt.started_within_hours
            return attempt, self._letters.write(attempt.letter, now)

    async def hand_over(
        self, session: Session, mail: MailSession, attempt: Attempt, message: Message
    ) -> Handover:
        """Speak to the mail server; no transaction is open."""

        async def may_proceed() -> bool:
            mine = await deliveries_store.is_attempt_open(session, attempt.order_id, attempt.number)
            return mine and attempt.is_valid(self._clock.now())

        return await mail.hand_over(message, may_proceed)

    async def record(
        self, session: Session, attempt: Attempt, handover: Handover, reply: Reply | None
    ) -> None:
        self._look_at(handover, reply)
        async with session.transaction():
            match handover:
                case Handover.ACCEPTED:
                    recorded = await deliveries.record_sent(session, self._clock, attempt)
                case Handover.REJECTED | Handover.REFUSED:
                    assert reply is not None
                    recorded = await deliveries.record_refusal(session, self._clock, attempt, reply)
                case Handover.POSTPONED if reply is not None:
                    recorded = await deliveries.record_refusal(session, self._clock, attempt, reply)
                case Handover.POSTPONED:
                    recorded = await deliveries.record_postponed(session, self._clock, attempt)
                case Handover.UNCERTAIN:
                    await deliveries.record_unknown(
                        session, self._clock, attempt.order_id, attempt.number
                    )
                    recorded = True
        if not recorded:
            log.error("attempt_judged_meanwhile", order=str(attempt.order_id), as_=handover.name)

    def _look_at(self, handover: Handover, reply: Reply | None) -> None:
        """Count a refusal, and tell the breaker of what speaks for or against the mail server."""
        if reply is not None:
            self.refusals[reply.cause] += 1
        if reply is not None and reply.is_trouble_of_ours:
            status = ".".join(map(str, reply.enhanced or ()))
            log.error(
                "mail_refused", stage=reply.stage, code=reply.code, status=status, cause=reply.cause
            )
            if self.breaker.refused():
                log.critical("sending_stopped", refusals_in_a_row=self.breaker.in_a_row)
        elif handover in (Handover.ACCEPTED, Handover.REJECTED):
            self.breaker.passed()


class _Worker:
    """One database session, which holds the member's lock, and one mail connection."""

    def __init__(self, sender: Sender, session: Session) -> None:
        self._sender = sender
        self._session = session
        self.mail = sender.mail_session()

    async def ready(self) -> None:
        """Have a mail server that answers. Raises OSError, SMTPException."""
        try:
            await self.mail.ready()
        except (OSError, SMTPException):
            self._sender.breaker.away()
            raise
        self._sender.breaker.back()

    async def send(self, order_id: UUID, member_id: UUID) -> None:
        if not await deliveries_store.acquire_member_shared(self._session, member_id):
            # The member is leaving, or a dead sender's attempt is being judged.
            return
        # Not in a `finally`: an error ends the session, which releases what it held.
        started = await self._sender.start(self._session, order_id)
        if started is not None:
            handover = await self._sender.hand_over(self._session, self.mail, *started)
            await self._sender.record(self._session, started[0], handover, self.mail.reply)
        await deliveries_store.release_member(self._session, member_id)

    def end(self) -> None:
        self.mail.close()
        self._session.terminate()


async def _to_the_end(sending: Coroutine[None, None, None]) -> None:
    """Finish the message under way when the service is told to stop: it would become unknown."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
