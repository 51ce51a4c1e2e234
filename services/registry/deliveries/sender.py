"""Sender: one feeder lists due orders, a few workers hand over one message at a time each.

The order of steps is the promise. Lock the member (shared, on the worker's session) → record the
attempt with the contact lock, commit → speak SMTP, with no transaction open → just before DATA
check that the attempt is still valid and the session alive → record the outcome → unlock. A crash
anywhere leaves an `attempting` row whose member no session holds, which a job settles.
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

from services.registry.deliveries import store, use_cases
from services.registry.deliveries.circuit_breaker import CircuitBreaker
from services.registry.deliveries.replies import Cause, Reply
from services.registry.deliveries.smtp import Handover, MailServer, MailSession
from services.registry.deliveries.use_cases import Attempt
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.messages.renderer import MessageRenderer, RenderedMessage
from services.runtime.clock import Clock
from services.runtime.postgres.database import Database, long_running

_PAGE = 1_000
_IDLE_SECONDS = 0.3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_FIRST_ID = UUID(int=0)

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
DueOrder = tuple[UUID, UUID]

_TRANSIENT_ERRORS = (
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
        renderer: MessageRenderer,
        server: MailServer,
        workers: int = 4,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._encryptor = encryptor
        self._renderer = renderer
        self._server = server
        self._workers = workers
        self.failures = 0
        # Must stay 0: counted here, independently of the rules that let an attempt start.
        self.outside_hours = 0
        self.refusals: Counter[Cause] = Counter()
        self.breaker = breaker or CircuitBreaker()
        self._due: asyncio.Queue[DueOrder] = asyncio.Queue(maxsize=workers)

    def mail_session(self) -> MailSession:
        return MailSession(self._server, self._renderer.sender)

    async def run(self) -> None:
        """Send due orders until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed(), name="sender:feeder")
            for number in range(self._workers):
                group.create_task(self._work(number), name=f"sender:{number}")

    async def _feed(self) -> None:
        """Go through the due orders in rounds, in the order of ids, starting at a random id.

        Replicas start at different ids, so that they rarely meet; when they do, the claim decides.
        An order that cannot be claimed comes again in the next round and blocks no other.
        """
        position = self._encryptor.new_id()
        round_had_due, query_seconds = False, 0.0
        while True:
            began = time.monotonic()
            try:
                with long_running():
                    async with self._database.read_only() as conn:
                        page = await store.list_due_orders(conn, self._clock.now(), position, _PAGE)
            except _TRANSIENT_ERRORS as error:
                log.warning("sender_cannot_list_orders", error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            query_seconds += time.monotonic() - began
            for order in page.due:
                await self._due.put(order)
            round_had_due = round_had_due or bool(page.due)
            position = page.last or _FIRST_ID
            if page.last is None:
                # The end of a round. When many wait and none is due, as at night, query rarely.
                await asyncio.sleep(
                    _IDLE_SECONDS if round_had_due else max(_IDLE_SECONDS, 5 * query_seconds)
                )
                round_had_due, query_seconds = False, 0.0

    async def _work(self, number: int) -> None:
        """Keep a worker alive: a lost session or mail server costs a pause, never the worker."""
        pause = _FIRST_PAUSE
        while True:
            worker = None
            try:
                worker = _Worker(self, await self._database.dedicated(f"sender-{number}"))
                while True:
                    # Before taking an order, so that an unreachable mail server costs no attempt.
                    await worker.connect()
                    _end_if_cancelled()
                    order = await self._due.get()
                    async with self.breaker.turn():
                        await worker.connect()
                        await _to_completion(worker.send(*order))
                    pause = _FIRST_PAUSE
            except _TRANSIENT_ERRORS as error:
                log.warning("sender_interrupted", error=type(error).__name__, again_in=pause)
            except Exception as error:
                self.failures += 1
                log.error("sender_failed", again_in=pause, exc_info=error)
            finally:
                if worker:
                    worker.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def start(
        self, session: Session, order_id: UUID
    ) -> tuple[Attempt, RenderedMessage] | None:
        async with session.transaction():
            instant = self._clock.now()
            attempt = await use_cases.start_attempt(session, self._clock, self._encryptor, order_id)
            if attempt is None:
                return None
            self.outside_hours += not attempt.started_within_hours
            # Before the commit: a message that cannot be rendered was never attempted.
            return attempt, self._renderer.render(attempt.content, instant)

    async def hand_over(
        self, session: Session, mail: MailSession, attempt: Attempt, message: RenderedMessage
    ) -> Handover:
        """Speak to the mail server; no transaction is open."""

        async def may_proceed() -> bool:
            is_open = await store.is_attempt_open(session, attempt.order_id, attempt.number)
            return is_open and attempt.is_valid(self._clock.now())

        return await mail.hand_over(message, may_proceed)

    async def record(
        self, session: Session, attempt: Attempt, handover: Handover, reply: Reply | None
    ) -> None:
        self._count(handover, reply)
        async with session.transaction():
            match handover:
                case Handover.ACCEPTED:
                    recorded = await use_cases.record_sent(session, self._clock, attempt)
                case Handover.REJECTED | Handover.REFUSED:
                    assert reply is not None
                    recorded = await use_cases.record_refusal(session, self._clock, attempt, reply)
                case Handover.POSTPONED if reply is not None:
                    recorded = await use_cases.record_refusal(session, self._clock, attempt, reply)
                case Handover.POSTPONED:
                    recorded = await use_cases.record_postponed(session, self._clock, attempt)
                case Handover.UNCERTAIN:
                    await use_cases.record_unknown(
                        session, self._clock, attempt.order_id, attempt.number
                    )
                    recorded = True
        if not recorded:
            log.error("attempt_settled_meanwhile", order=str(attempt.order_id), as_=handover.name)

    def _count(self, handover: Handover, reply: Reply | None) -> None:
        """Count a refusal, and feed the circuit breaker."""
        if reply is not None:
            self.refusals[reply.cause] += 1
        if reply is not None and reply.concerns_sender:
            status = ".".join(map(str, reply.enhanced or ()))
            log.error(
                "mail_refused", stage=reply.stage, code=reply.code, status=status, cause=reply.cause
            )
            if self.breaker.record_refusal():
                log.critical("sending_stopped", refusals_in_a_row=self.breaker.in_a_row)
        elif handover in (Handover.ACCEPTED, Handover.REJECTED):
            self.breaker.record_success()


class _Worker:
    """One database session, which holds the member's lock, and one mail connection."""

    def __init__(self, sender: Sender, session: Session) -> None:
        self._sender = sender
        self._session = session
        self.mail = sender.mail_session()

    async def connect(self) -> None:
        """Have a live mail connection. Raises OSError, SMTPException."""
        try:
            await self.mail.connect()
        except (OSError, SMTPException):
            self._sender.breaker.record_unreachable()
            raise
        self._sender.breaker.record_reachable()

    async def send(self, order_id: UUID, member_id: UUID) -> None:
        if not await store.acquire_member_shared(self._session, member_id):
            # The member is leaving, or a dead sender's attempt is being settled.
            return
        # Not in a `finally`: an error ends the session, which releases its locks.
        started = await self._sender.start(self._session, order_id)
        if started is not None:
            handover = await self._sender.hand_over(self._session, self.mail, *started)
            await self._sender.record(self._session, started[0], handover, self.mail.reply)
        await store.release_member(self._session, member_id)

    def close(self) -> None:
        self.mail.close()
        self._session.terminate()


def _end_if_cancelled() -> None:
    """End a worker whose cancellation was swallowed, which would wait for orders for ever.

    Before Python 3.12 `asyncio.wait_for`, by which the mail library waits, swallows a cancellation
    that arrives together with the result (https://github.com/python/cpython/issues/86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _to_completion(sending: Coroutine[None, None, None]) -> None:
    """Finish the current message when the service stops: interrupted, its fate would be unknown."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
