"""A replica that lost its database during a restore detects the replaced database and ends."""

import asyncio
from asyncio import StreamReader, StreamWriter
from urllib.parse import urlsplit

import pytest

from services.runtime.postgres.database import DatabaseReplaced
from tests.support.campaigns import member
from tests.support.events import produce
from tests.support.operated_campaigns import OperatedCampaigns, launch_project

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


class Link:
    """A TCP proxy whose connections can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.to, self.up = (host, port), True
        self.open: set[StreamWriter] = set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if not self.up:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.to)
        self.open |= {writer, far_writer}

        async def pump(a: StreamReader, b: StreamWriter) -> None:
            try:
                while data := await a.read(65536):
                    b.write(data)
                    await b.drain()
            except OSError:
                pass
            finally:
                b.close()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    def cut(self) -> None:
        self.up = False
        for writer in self.open:
            writer.transport.abort()
        self.open.clear()


async def test_a_replica_that_survived_a_restore_issues_no_second_credential(
    operated_campaigns: OperatedCampaigns,
) -> None:
    parts = urlsplit(operated_campaigns.dsn)
    link = Link(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    direct = operated_campaigns.dsn
    async with operated_campaigns.running() as world:
        await produce(operated_campaigns.kafka, *(member() for _ in range(2)))
        await operated_campaigns.becomes(world, "SELECT count(*) = 2 FROM member")
        project = await launch_project(operated_campaigns, world, 2)
        await operated_campaigns.deliver(world)
        _, bob = await world.invitations(project)
        await world.accept(bob["id"], bob["member_id"])
    saved = await operated_campaigns.back_up()
    operated_campaigns.dsn = direct.replace(f":{parts.port}", f":{port}", 1)
    assert operated_campaigns.dsn != direct

    async def survive_the_restore() -> None:
        async with operated_campaigns.running() as world:
            await world.take_credential(project, bob["id"], bob["member_id"])
            link.cut()
            operated_campaigns.dsn = direct
            await operated_campaigns.restore(saved)
            link.up = True
            assert operated_campaigns.main_task is not None
            await asyncio.wait({operated_campaigns.main_task}, timeout=40)
            assert operated_campaigns.main_task.done(), "the process ends, to be restarted"

    with pytest.raises(DatabaseReplaced):
        await survive_the_restore()
    async with operated_campaigns.running() as world:
        assert await world.value("SELECT issuing_stopped FROM project WHERE id = $1", project)
