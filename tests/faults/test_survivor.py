"""A replica that could not see its database while it was put back knows what is gone and ends."""

import asyncio
from asyncio import StreamReader, StreamWriter
from urllib.parse import urlsplit

import pytest

from services.runtime.postgres.database import DatabaseReplaced
from tests.faults.test_recovery_of_campaigns import Operated, launched, operated
from tests.support.campaigns import member
from tests.support.events import produce

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
__all__ = ["operated"]


class Link:
    """A network that can be cut."""

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
        for one in self.open:
            one.transport.abort()
        self.open.clear()


async def test_a_replica_that_survived_a_restore_gives_no_second_credential(
    operated: Operated,
) -> None:
    parts = urlsplit(operated.dsn)
    link = Link(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    direct = operated.dsn
    async with operated.running() as world:
        await produce(operated.kafka, *(member() for _ in range(2)))
        await operated.becomes(world, "SELECT count(*) = 2 FROM member")
        project = await launched(operated, world, 2)
        await operated.deliver(world)
        _, bob = await world.invitations(project)
        await world.accept(bob["id"], bob["member_id"])
    saved = await operated.save()
    operated.dsn = direct.replace(f":{parts.port}", f":{port}", 1)
    assert operated.dsn != direct

    async def survives() -> None:
        async with operated.running() as world:
            await world.take_credential(project, bob["id"], bob["member_id"])
            link.cut()
            operated.dsn = direct
            await operated.put_back(saved)
            link.up = True
            assert operated.works is not None
            await asyncio.wait({operated.works}, timeout=40)
            assert operated.works.done(), "the process ends, to begin anew"

    with pytest.raises(DatabaseReplaced):
        await survives()
    async with operated.running() as world:
        assert await world.value("SELECT issuing_stopped FROM project WHERE id = $1", project)
