"""A service that is told to stop does not wait for a silent peer."""

import asyncio
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.bootstrap import Authority
from services.runtime.event_loop import TLS_CLOSE_SECONDS, loop_factory


class Mute:
    """A TLS server that shakes hands, and is silent ever after."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        plain, _ = self._socket.accept()
        with self._context.wrap_socket(plain, server_side=True):
            self._stopped.wait(60)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()


class Ended(asyncio.Protocol):
    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set()


@pytest.mark.parametrize("upgraded", [False, True], ids=["TLS at once", "TLS after a plain start"])
def test_a_connection_ends_although_its_peer_says_no_goodbye(
    tmp_path: Path, upgraded: bool
) -> None:
    certified = Authority.new(datetime.now(UTC)).certify(["localhost"])
    (tmp_path / "pem").write_text(certified.key + certified.certificate)
    mute = Mute(tmp_path / "pem")
    trusting = ssl._create_unverified_context()

    async def close() -> float:
        loop = asyncio.get_running_loop()
        tls = None if upgraded else trusting
        transport, protocol = await loop.create_connection(Ended, "127.0.0.1", mute.port, ssl=tls)
        if upgraded:
            secured = await loop.start_tls(transport, protocol, trusting)
            assert secured is not None
            transport = secured
        began = time.monotonic()
        transport.close()
        await asyncio.wait_for(protocol.ended.wait(), 20)
        return time.monotonic() - began

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            seconds = runner.run(close())
    finally:
        mute.stop()
    assert seconds < TLS_CLOSE_SECONDS * 10
