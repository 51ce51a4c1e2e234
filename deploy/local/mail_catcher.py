"""Mail catcher: a mail server that delivers nothing and appends every message to a journal.

The journal is evidence for the charter check: a line is written before the sender gets "250", so
`mail.jsonl` has every message that was handed over, whatever the services record.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import TextIO

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.errors import HOST, open_privately, readable_disk_errors, reserve_port

ACCEPTED = "250 2.0.0 accepted"
# Bytes; the panel's messages are a few kilobytes.
LARGEST_MESSAGE = 1 << 25

Behaviour = Callable[[str], Awaitable[str | None]]
"""Given a recipient, an SMTP reply instead of the usual one, or None; it may also take its time."""


async def as_usual(_: str) -> None:
    """Behaviour of a healthy mail server."""


class MailCatcher:
    """Accepts every message on the running loop and appends a line per recipient to a journal."""

    def __init__(
        self,
        journal: Path,
        clock: Callable[[], datetime],
        host: str = HOST,
        port: int = 0,
        *,
        behaviour: Behaviour = as_usual,
        reply: Behaviour = as_usual,
    ) -> None:
        """`behaviour` may refuse a recipient before DATA; `reply` replaces the final reply,
        once the message is in the journal: a sender cannot know whether it was accepted."""
        self.journal = journal
        self.behaviour = behaviour
        self.reply = reply
        self._clock = clock
        self._host = host
        self._wanted_port = port
        self._server: asyncio.Server | None = None
        self._lines: TextIO | None = None
        self._sessions: set[asyncio.BaseTransport] = set()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the mail catcher has not been started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        port = reserve_port(self._wanted_port)
        with readable_disk_errors(self.journal.parent):
            self.journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = open_privately(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            self._lines = os.fdopen(file, "a", encoding="utf-8")
        self._server = await loop.create_server(lambda: _Session(self, loop), self._host, port)

    async def stop(self) -> None:
        """Stop listening and close the open sessions; harmless when not started."""
        if self._server is not None:
            self._server.close()
            for session in tuple(self._sessions):
                session.close()
            await self._server.wait_closed()
            self._server = None
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    async def handle_RCPT(  # noqa: N802 (aiosmtpd finds its hooks by name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self.behaviour(address):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        # The standard library's older message class: the newer one parses six times slower.
        self._write(message_from_bytes(envelope.original_content or b""), envelope)
        for recipient in envelope.rcpt_tos:
            if answer := await self.reply(recipient):
                return answer
        return ACCEPTED

    def _write(self, message: Message, envelope: Envelope) -> None:
        lines = self._lines
        if lines is None:
            raise RuntimeError("the mail catcher was stopped in the middle of a message")
        entry: dict[str, str | Mapping[str, str]] = {
            "panel_time": rfc3339(self._clock()),
            "real_time": rfc3339(datetime.now(UTC)),
            "headers": {name: _readable(value) for name, value in message.items()},
            "text": _text(message),
        }
        for recipient in envelope.rcpt_tos:
            lines.write(json.dumps(entry | {"recipient": recipient}, ensure_ascii=False) + "\n")
        lines.flush()

    def opened(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(transport)

    def closed(self, transport: asyncio.BaseTransport | None) -> None:
        if transport is not None:
            self._sessions.discard(transport)


class _Session(SMTP):
    """One connection; the catcher keeps a list of them, to close them when it stops."""

    def __init__(self, catcher: MailCatcher, loop: asyncio.AbstractEventLoop) -> None:
        # A name of its own, as looking up the machine's may block for seconds.
        super().__init__(
            catcher,
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="mail-catcher.invalid",
            loop=loop,
        )
        self._catcher = catcher

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._catcher.opened(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._catcher.closed(self.transport)
        super().connection_lost(error)


def rfc3339(moment: datetime) -> str:
    """In UTC, to the microsecond, so that lines sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _readable(value: str) -> str:
    """A header on one line and with its encoded words decoded."""
    line = "".join(value.splitlines())
    return str(make_header(decode_header(line))) if "=?" in line else line


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.get_filename():
            content = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            if isinstance(content, bytes):
                return content.decode(charset, "replace").replace("\r\n", "\n")
    return ""
