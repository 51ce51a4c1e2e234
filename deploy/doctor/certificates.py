"""Certificates as served: read without verification, so that expired ones are read too."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from deploy.doctor.databases import server_of
from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import TROUBLE, Finding, Findings, broken, out_of_reach, warn, well
from services.runtime.observability.certificates import (
    TlsServer,
    fetch_certificate,
    open_connection,
)
from services.runtime.text import Text

RENEW_BEFORE = timedelta(days=30)
_SECONDS = 10
_NAME_DIFFERS, _IS_OVER = 62, 10

_IN_CLEAR_LOCALLY = Text(
    fr="Aucun certificat : un panel local communique en clair.",
    en="No certificate: a local panel is not encrypted.",
)
_LASTS = Text(
    fr="Le certificat vaut plus de {days} jours encore.",
    en="The certificate is valid for more than {days} days.",
)
_ENDS_SOON = Text(
    fr="Le certificat expire le {day}, dans {days} jour(s).",
    en="The certificate expires on {day}, in {days} day(s).",
)
_IS_OVER_NOW = Text(
    fr="Le certificat a expiré le {day} : plus personne ne peut se connecter.",
    en="The certificate expired on {day}: nobody can connect any more.",
)
_NOT_YET = Text(
    fr="Le certificat ne vaut qu'à partir du {day}.", en="The certificate is valid from {day} only."
)
_RENEW = Text(
    fr="Remplacez-le dans deploy/secrets, puis relancez « keys » et ce serveur.",
    en="Replace it in deploy/secrets, then run `keys` and this server again.",
)
_OTHER_NAME = Text(
    fr="Le certificat n'est pas pour ce nom.", en="The certificate is not for this name."
)
_UNTRUSTED = Text(
    fr="Les navigateurs ne connaissent pas l'autorité de ce certificat ({why}).",
    en="Browsers do not know the authority of this certificate ({why}).",
)
_KNOWN_AUTHORITY = Text(
    fr="Mettez dans deploy/secrets/proxy un certificat que les navigateurs connaissent.",
    en="Put a certificate that browsers know into deploy/secrets/proxy.",
)


@dataclass(frozen=True)
class _Server:
    subject: str
    host: str
    port: int
    name: str
    postgres: bool = False
    browsed: bool = False


async def certificates(deployment: Deployment) -> Findings:
    servers = list(dict.fromkeys(_servers(deployment)))
    results = await asyncio.gather(*(_looked_at(server, deployment.clock) for server in servers))
    findings = [finding for findings_of_server in results for finding in findings_of_server]
    for finding in findings:
        yield finding
    if not findings and deployment.local:
        yield well("certificates", "", _IN_CLEAR_LOCALLY)


def _servers(deployment: Deployment) -> list[_Server]:
    servers = []
    for dsn in deployment.databases.values():
        for address in server_of(dsn).split(","):
            host, port = _split(address, 5432)
            servers.append(_Server(f"PostgreSQL {host}:{port}", host, port, host, postgres=True))
    if deployment.kafka.username:
        for address in deployment.kafka.servers:
            host, port = _split(address, 9092)
            servers.append(_Server(f"Kafka {host}:{port}", host, port, host))
    for site in deployment.sites:
        parts = urlsplit(site)
        name = parts.hostname or ""
        own_port = parts.port or 443
        host, port = _split(deployment.proxy, own_port) if deployment.proxy else (name, own_port)
        servers.append(_Server(site, host, port, name, browsed=True))
    return servers


def _split(address: str, usual: int) -> tuple[str, int]:
    parts = urlsplit(f"//{address}")
    return parts.hostname or "localhost", parts.port or usual


async def _looked_at(server: _Server, clock: Callable[[], datetime]) -> list[Finding]:
    try:
        async with asyncio.timeout(_SECONDS):
            address = TlsServer(server.host, server.port, server.name, server.postgres)
            certificate = await fetch_certificate(address)
            if certificate is None:
                return []
            ends = validity("certificates", server.subject, certificate, clock())
            return [*ends, *(await _trusted(server) if server.browsed else [])]
    except TROUBLE as error:
        return [out_of_reach("certificates", server.subject, error)]


def validity(
    check: str, subject: str, certificate: x509.Certificate, instant: datetime
) -> list[Finding]:
    ends, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    if instant >= ends:
        return [broken(check, subject, _IS_OVER_NOW, _RENEW, day=ends.date())]
    if instant < begins:
        return [broken(check, subject, _NOT_YET, _RENEW, day=begins.date())]
    if ends - instant < RENEW_BEFORE:
        return [
            warn(check, subject, _ENDS_SOON, _RENEW, day=ends.date(), days=(ends - instant).days)
        ]
    return [well(check, subject, _LASTS, days=RENEW_BEFORE.days)]


async def _trusted(server: _Server) -> list[Finding]:
    """Verify the certificate as a browser does; its expiry is another finding."""
    try:
        async with open_connection(server.host, server.port) as (_, writer):
            await writer.start_tls(ssl.create_default_context(), server_hostname=server.name)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _NAME_DIFFERS:
            return [broken("certificates", server.subject, _OTHER_NAME, _KNOWN_AUTHORITY)]
        if error.verify_code != _IS_OVER:
            why = error.verify_message
            return [warn("certificates", server.subject, _UNTRUSTED, _KNOWN_AUTHORITY, why=why)]
    return []
