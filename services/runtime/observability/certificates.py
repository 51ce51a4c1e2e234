"""Expiry of the TLS certificates that this service depends on, as a metric.

Certificates are read without verification, so that an expired one is read too.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from cryptography import x509

from services.runtime.observability.metrics import Sample

_TIMEOUT_SECONDS = 10
# A PostgreSQL client asks for TLS (protocol 3.0, SSLRequest), and is refused by "N".
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
_REFUSED = b"N"

log = structlog.get_logger()


@dataclass(frozen=True)
class TlsServer:
    """Address of a TLS server, and the `name` by which it selects its certificate (SNI)."""

    host: str
    port: int
    name: str
    postgres: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


async def fetch_certificate(server: TlsServer) -> x509.Certificate | None:
    """The server's certificate; None where it speaks in clear. Raises OSError, EOFError."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    async with open_connection(server.host, server.port) as (reader, writer):
        if server.postgres:
            writer.write(_SSL_REQUEST)
            if await reader.readexactly(1) == _REFUSED:
                return None
        await writer.start_tls(unverified, server_hostname=server.name)
        return peer_certificate(writer.get_extra_info("ssl_object"))


def peer_certificate(tls: ssl.SSLObject) -> x509.Certificate:
    der = tls.getpeercert(binary_form=True)
    assert der is not None, "a TLS server shows a certificate"
    return x509.load_der_x509_certificate(der)


@asynccontextmanager
async def open_connection(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection, closed at the end of the context."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # the server may reset instead of closing
            await writer.wait_closed()


class CertificateMetrics:
    """Seconds until the certificate of each server expires, as last seen."""

    def __init__(self, servers: Sequence[TlsServer]) -> None:
        self._servers = servers
        self._expiries: dict[TlsServer, float] = {}

    async def update(self) -> None:
        """Fetch every certificate; one that cannot be fetched keeps its last expiry."""
        for server in self._servers:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    certificate = await fetch_certificate(server)
            except (OSError, EOFError, TimeoutError) as error:
                log.warning("certificate_unseen", topic=str(server), error=type(error).__name__)
                continue
            if certificate is not None:
                self._expiries[server] = certificate.not_valid_after_utc.timestamp()

    def samples(self) -> list[Sample]:
        return [
            Sample(
                "certificate_seconds_left",
                "until a server's certificate ends",
                expiry - time.time(),
                {"server": str(server)},
            )
            for server, expiry in self._expiries.items()
        ]
