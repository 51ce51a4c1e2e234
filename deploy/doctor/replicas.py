"""The four services: readiness, clock and version of each replica."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import httpx

from deploy.doctor.clocks import LARGEST_SKEW_SECONDS, clock_finding
from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import TROUBLE, Finding, Findings, broken, out_of_reach, well
from services.runtime.text import Text

_SECONDS = 5
# A Date header has no fractions, and servers write it once a second.
_DATE_IS_OLD_BY = timedelta(seconds=2)

_READY = Text(fr="Le service fait son travail.", en="The service does its work.")
_NOT_READY = Text(
    fr="Le service ne fait pas son travail : {failing}.",
    en="The service does not do its work: {failing}.",
)
_LOGS = Text(
    fr="Regardez ses journaux, et ce qui est dit ici de sa base et de Kafka.",
    en="Look at its logs, and at what is said here of its database and of Kafka.",
)


async def replicas(deployment: Deployment) -> Findings:
    results = await asyncio.gather(
        *(_service(name, url, deployment.clock) for name, url in deployment.services.items())
    )
    for findings_of_service in results:
        for finding in findings_of_service:
            yield finding


async def _service(name: str, url: str, clock: Callable[[], datetime]) -> list[Finding]:
    """Examine every replica, one per address of the name."""
    parts = urlsplit(url)
    port = parts.port or 80
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, port, type=socket.SOCK_STREAM, family=socket.AF_INET
        )
    except OSError as error:
        return [out_of_reach("services.ready", name, error)]
    hosts = sorted({address[0] for *_, address in addresses})
    findings: list[Finding] = []
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        for host in hosts:
            subject = name if len(hosts) == 1 else f"{name} {host}"
            address = urlunsplit((parts.scheme, f"{host}:{port}", "/health/ready", "", ""))
            try:
                findings += await _replica(client, subject, address, clock)
            except TROUBLE as error:
                findings.append(out_of_reach("services.ready", subject, error))
    return findings


async def _replica(
    client: httpx.AsyncClient, subject: str, address: str, clock: Callable[[], datetime]
) -> list[Finding]:
    asked_at = clock()
    answer = await client.get(address)
    answered = clock()
    findings = [_ready(subject, answer)]
    if date := date_of(answer):
        findings.append(date_finding("services.clock", subject, asked_at, answered, date))
    return findings


def _ready(subject: str, answer: httpx.Response) -> Finding:
    if answer.status_code == httpx.codes.OK:
        return well("services.ready", subject, _READY)
    try:
        failing = ", ".join(answer.json()["failing"])
    except (ValueError, KeyError, TypeError):
        failing = f"HTTP {answer.status_code}"
    return broken("services.ready", subject, _NOT_READY, _LOGS, failing=failing)


def date_of(answer: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None


def date_finding(
    check: str,
    subject: str,
    asked_at: datetime,
    answered: datetime,
    date: datetime,
    tolerance: float = LARGEST_SKEW_SECONDS,
) -> Finding:
    return clock_finding(
        check, subject, asked_at, answered, date, date + _DATE_IS_OLD_BY, tolerance
    )
