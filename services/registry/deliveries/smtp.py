"""One reused SMTP connection, which reports how handing over each message ended."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from aiosmtplib.errors import SMTPDataError

from services.registry.deliveries.replies import Cause, Reply, Stage
from services.registry.messages.renderer import Message

# Shorter than the idle limit of any mail server: before that, the connection is taken to be alive.
_TRUSTED_IDLE_SECONDS = 2.0


log = structlog.get_logger()


class Handover(Enum):
    """How handing a message to the mail server ended."""

    ACCEPTED = auto()
    POSTPONED = auto()
    """Definitely not taken, and worth another try."""
    REJECTED = auto()
    """Refused as there is no such recipient."""
    REFUSED = auto()
    """Refused for another cause; `MailSession.reply` says which and when."""
    UNCERTAIN = auto()
    """The content was on its way: nobody can know."""


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    timeout_seconds: float
    username: str | None = None
    password: str | None = None


class MailSession:
    """A connection to the mail server, opened when needed and kept for many messages."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._smtp: SMTP | None = None
        self._used = 0.0
        # The negative reply that ended the last message, if one did.
        self.reply: Reply | None = None

    async def ready(self) -> None:
        """Have a live connection, so that none but mail trouble can end an attempt.

        Raises OSError, SMTPException.
        """
        if self._smtp is not None and self._smtp.is_connected:
            if time.monotonic() - self._used < _TRUSTED_IDLE_SECONDS:
                return
            try:
                await self._smtp.noop()
                self._used = time.monotonic()
            except (SMTPException, OSError):
                self.close()
            else:
                return
        self.close()
        smtp = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            timeout=self._server.timeout_seconds,
            local_hostname=self._sender.rpartition("@")[2],
        )
        await smtp.connect()
        self._smtp, self._used = smtp, time.monotonic()

    async def hand_over(
        self, message: Message, may_proceed: Callable[[], Awaitable[bool]]
    ) -> Handover:
        """Send one message on a connection that is `ready`.

        `may_proceed` is asked just before DATA; a "no" leaves nothing behind at the server.
        """
        self.reply = None
        smtp = self._smtp
        if smtp is None:
            return Handover.POSTPONED
        try:
            await smtp.mail(self._sender)
        except (SMTPException, OSError) as trouble:
            # The server wants nothing from this sender: that says nothing of the recipient.
            log.error("mail_server_refuses_sender", error=type(trouble).__name__)
            self.close()
            if isinstance(trouble, SMTPResponseException):
                self.reply = Reply(Stage.SENDER, trouble.code, trouble.message)
            return Handover.POSTPONED
        except BaseException:
            self.close()
            raise
        try:
            await smtp.rcpt(message.recipient)
            proceed = await may_proceed()
            if not proceed:
                await smtp.rset()
        except SMTPResponseException as refusal:
            await self._reset()
            return self._refused(Stage.RECIPIENT, refusal)
        except (SMTPException, OSError):
            self.close()
            return Handover.POSTPONED
        except BaseException:
            # Half a dialogue must not be the start of the next one.
            self.close()
            raise
        if not proceed:
            return Handover.POSTPONED
        try:
            await smtp.data(message.content)
        except SMTPDataError as reply:
            await self._reset()
            if 200 <= reply.code < 300:
                return Handover.ACCEPTED
            # DATA itself may have been refused: not told apart, which errs on the safe side.
            return self._refused(Stage.CONTENT, reply)
        except (SMTPException, OSError):
            self.close()
            return Handover.UNCERTAIN
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()
        return Handover.ACCEPTED

    def _refused(self, stage: Stage, answer: SMTPResponseException) -> Handover:
        """A negative reply (RFC 5321 §4.2.1); anything else at this place is no answer at all."""
        if not 400 <= answer.code < 600:
            return Handover.UNCERTAIN if stage is Stage.CONTENT else Handover.POSTPONED
        self.reply = Reply(stage, answer.code, answer.message)
        return Handover.REJECTED if self.reply.cause is Cause.RECIPIENT else Handover.REFUSED

    async def _reset(self) -> None:
        if self._smtp is None:
            return
        try:
            await self._smtp.rset()
            self._used = time.monotonic()
        except (SMTPException, OSError):
            self.close()

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
