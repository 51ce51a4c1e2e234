"""Behaviour of the mail catcher for tests of deliveries."""

import asyncio

from deploy.local.mail_catcher import Behaviour


def reply_with(reply: str) -> Behaviour:
    """Answer every message with the same reply."""

    async def behaviour(_: str) -> str:
        return reply

    return behaviour


async def never(_: str) -> None:
    """Never reply."""
    await asyncio.Event().wait()
