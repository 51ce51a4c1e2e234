"""SMTP connection, kept for many messages; it reports the result of each handover."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from aiosmtplib.errors import SMTPDataError

from services.registry.deliveries.replies import Cause, Reply, Stage
from services.registry.messages.renderer import RenderedMessage

# Shorter than the idle limit of any mail server: until then the connection counts as alive.
_TRUSTED_IDLE_SECONDS = 2.0


log = structlog.get_logger()


class Handover(Enum):
    """Result of handing a message to the mail server."""

    ACCEPTED = auto()
    POSTPONED = auto()
    """Definitely not accepted, and worth another try."""
    REJECTED = auto()
    """Refused because there is no such recipient."""
    REFUSED = auto()
    """Refused for another cause; `MailSession.reply` has the cause and the stage."""
    UNCERTAIN = auto()
    """The content was on its way: its fate is unknown."""


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    timeout_seconds: float
    username: str | None = None
    password: str | None = None


class MailSession:
    """A connection to the mail server, opened on demand and kept for many messages."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._smtp: SMTP | None = None
        self._used = 0.0
        # The negative reply that ended the last message, if one did.
        self.reply: Reply | None = None

    async def connect(self) -> None:
        """Have a live connection, so that only a failure of the mail server can end an attempt.

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
        self, message: RenderedMessage, may_proceed: Callable[[], Awaitable[bool]]
    ) -> Handover:
        """Send one message on the open connection.

        `may_proceed` is called just before DATA; False leaves nothing behind at the server.
        """
        self.reply = None
        smtp = self._smtp
        if smtp is None:
            return Handover.POSTPONED
        try:
            await smtp.mail(self._sender)
        except (SMTPException, OSError) as error:
            # The server refuses this sender: no verdict on the recipient.
            log.error("mail_server_refuses_sender", error=type(error).__name__)
            self.close()
            if isinstance(error, SMTPResponseException):
                self.reply = Reply(Stage.SENDER, error.code, error.message)
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
            # The next dialogue must not begin in the middle of this one.
            self.close()
            raise
        if not proceed:
            return Handover.POSTPONED
        try:
            await smtp.data(message.source)
        except SMTPDataError as reply:
            await self._reset()
            if 200 <= reply.code < 300:
                return Handover.ACCEPTED
            # DATA itself may have been refused: no distinction, which errs on the safe side.
            return self._refused(Stage.CONTENT, reply)
        except (SMTPException, OSError):
            self.close()
            return Handover.UNCERTAIN
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()
        return Handover.ACCEPTED

    def _refused(self, stage: Stage, error: SMTPResponseException) -> Handover:
        """A negative reply (RFC 5321 §4.2.1); any other code here is no valid reply."""
        if not 400 <= error.code < 600:
            return Handover.UNCERTAIN if stage is Stage.CONTENT else Handover.POSTPONED
        self.reply = Reply(stage, error.code, error.message)
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
