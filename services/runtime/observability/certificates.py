"""Certificates that this service leans on or is seen by: how long each one still lives.

Read without trust, so that a certificate that has ended is read too.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from cryptography import x509

from services.runtime.observability.metrics import Sample
from services.runtime.settings import Settings

_SECONDS = 10
# A client of PostgreSQL asks to go over to TLS (protocol 3.0, SSLRequest), and is refused by "N".
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
_NO = b"N"

log = structlog.get_logger()


@dataclass(frozen=True)
class TlsServer:
    """`name`: by which it is asked for its certificate."""

    host: str
    port: int
    name: str
    postgres: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


async def fetch_certificate(server: TlsServer) -> x509.Certificate | None:
    """None where the server speaks in clear. Raises OSError, EOFError."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    async with connected(server.host, server.port) as (reader, writer):
        if server.postgres:
            writer.write(_SSL_REQUEST)
            if await reader.readexactly(1) == _NO:
                return None
        await writer.start_tls(anybody, server_hostname=server.name)
        return peer_certificate(writer.get_extra_info("ssl_object"))


def peer_certificate(tls: ssl.SSLObject) -> x509.Certificate:
    der = tls.getpeercert(binary_form=True)
    assert der is not None, "a TLS server shows a certificate"
    return x509.load_der_x509_certificate(der)


@asynccontextmanager
async def connected(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # a server that is hung up on may hang up louder
            await writer.wait_closed()


def servers_of(settings: Settings) -> list[TlsServer]:
    """The database, the brokers, and the servers that the operator names."""
    dsn = urlsplit(settings.database_dsn.get_secret_value())
    host = dsn.hostname or "localhost"
    found = [TlsServer(host, dsn.port or 5432, host, postgres=True)]
    brokers = settings.kafka_bootstrap if settings.kafka_username else ""
    for address in filter(None, f"{brokers},{settings.watched_certificates}".split(",")):
        host, _, port = address.strip().rpartition(":")
        found.append(TlsServer(host, int(port), host))
    return found


class CertificateWatch:
    """When each certificate ends, as it was seen last."""

    def __init__(self, settings: Settings) -> None:
        self._servers = servers_of(settings)
        self._ends: dict[TlsServer, float] = {}

    async def look(self) -> None:
        for server in self._servers:
            try:
                async with asyncio.timeout(_SECONDS):
                    shown = await fetch_certificate(server)
            except (OSError, EOFError, TimeoutError) as error:
                log.warning("certificate_unseen", topic=str(server), error=type(error).__name__)
                continue
            if shown is not None:
                self._ends[server] = shown.not_valid_after_utc.timestamp()

    def samples(self) -> list[Sample]:
        return [
            Sample(
                "certificate_seconds_left",
                "until a server's certificate ends",
                ends - time.time(),
                {"server": str(server)},
            )
            for server, ends in self._ends.items()
        ]
