"""A refusal of the sender is never counted against the recipient."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiosmtpd.smtp import SMTP

from services.registry.deliveries.smtp import Handover, MailServer, MailSession
from services.registry.messages.renderer import RenderedMessage


class RefusesTheSender:
    async def handle_MAIL(self, *_: object) -> str:  # noqa: N802
        return "550 5.7.1 sender not allowed here"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(RefusesTheSender()), "127.0.0.1", 0
    )
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_a_sender_that_is_refused_postpones_and_rejects_nobody(port: int) -> None:
    session = MailSession(MailServer("127.0.0.1", port, 10), "panel@example.org")
    await session.connect()

    async def never() -> bool:
        raise AssertionError("DATA must not be near")

    message = RenderedMessage(recipient="marie@example.org", source=b"Subject: x\r\n\r\nx\r\n")
    assert await session.hand_over(message, never) is Handover.POSTPONED
