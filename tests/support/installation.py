"""A small deployment on the embedded servers, with the roles, certificates and access rights that
the operators' own scripts make."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from joserfc.jwk import OKPKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.bootstrap import Authority, bootstrap
from deploy.doctor import Deployment, Finding, Verdict
from deploy.doctor.findings import Findings
from deploy.kafka.acls import SERVICES, SETUP
from deploy.local import postgres as local_postgres
from deploy.local.errors import HOST
from deploy.local.issuer import LocalIssuer
from deploy.local.postgres import EmbeddedPostgres
from services.registry.deliveries.smtp import MailServer
from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from tests.support import secure_kafka
from tests.support.running import free_port
from tests.support.servers import eventually

ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sh"


@dataclass(frozen=True)
class Installation:
    """The deployment, and the ways in that only its tests have."""

    deployment: Deployment
    folder: Path
    superuser: str
    """A connection URI, but for the name of the database."""
    kafka_administration: str
    authority: Authority

    def owner(self, service: str) -> str:
        return f"{self.superuser}{service}"

    def context(self, *names: str, instant: datetime | None = None) -> ssl.SSLContext:
        return tls(self.folder, self.authority, *names)


def tls(folder: Path, authority: Authority, *names: str) -> ssl.SSLContext:
    """A server's, with a certificate for these names."""
    certified = authority.certify(names)
    file = folder / f"{names[0]}-{free_port()}.pem"
    file.write_text(certified.key + certified.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@asynccontextmanager
async def installed(folder: Path) -> AsyncIterator[Installation]:
    """A deployment with its databases, bus, issuer, mail server and site, all running."""
    instant = datetime.now(UTC)
    authority = Authority.new(instant)
    (folder / "authority.pem").write_text(authority.certified.certificate)
    bootstrap(folder / "secrets", "panel.test", instant)
    async with AsyncExitStack() as undo:
        undo.enter_context(pytest.MonkeyPatch.context()).setenv(
            "SSL_CERT_FILE", str(folder / "authority.pem")
        )
        (bus, principals), superuser = await asyncio.gather(
            undo.enter_async_context(secure_kafka.controlled(folder / "bus")),
            undo.enter_async_context(database_server(folder)),
        )
        issuer = await undo.enter_async_context(issuing(folder, authority))
        smtp = await undo.enter_async_context(mail_server(tls(folder, authority, HOST)))
        service = await undo.enter_async_context(answering(ready))
        site = await undo.enter_async_context(
            tls_server(tls(folder, authority, "members.panel.test"))
        )
        yield Installation(
            Deployment(
                local=False,
                databases={
                    name: SecretStr(served_at((folder / "secrets" / name / "database_dsn"), folder))
                    for name in SERVICES
                },
                database_connections=10,
                kafka=principals[SETUP],
                services=dict.fromkeys(SERVICES, service),
                sites=("https://members.panel.test",),
                proxy=site,
                mail=MailServer(HOST, smtp, 5),
                sender="panel@example.org",
                mail_queue_hours=4,
                issuer=issuer,
            ),
            folder,
            superuser,
            bus,
            authority,
        )


def served_at(file: Path, folder: Path) -> str:
    """The DSN that `bootstrap` wrote, at this server's address and without TLS, which it lacks."""
    port = (folder / "port").read_text()
    return file.read_text().partition("?")[0].replace("@postgres:5432/", f"@{HOST}:{port}/")


@asynccontextmanager
async def database_server(folder: Path) -> AsyncIterator[str]:
    """With the roles of deployments, and each service's tables, made as its migrating role."""
    server = EmbeddedPostgres(folder / "postgres", fast=True)
    await server.start()
    (folder / "port").write_text(str(server.port))
    try:
        superuser = server.dsn("")
        keys = folder / "secrets" / "postgres"
        environment = os.environ | {
            "PATH": f"{local_postgres.installed()}:{os.environ['PATH']}",
            "POSTGRES_USER": local_postgres.SUPERUSER,
            "PGDATABASE": "postgres",
            "PGHOST": HOST,
            "PGPORT": str(server.port),
            "PGPASSWORD": superuser.partition("@")[0].rpartition(":")[2],
        }
        script = ROLES.read_text().replace("/keys/", f"{keys}/")
        child = await asyncio.create_subprocess_exec("sh", "-c", script, env=environment)
        assert await child.wait() == 0
        for name in SERVICES:
            conn = await db.connect(served_at(folder / "secrets" / SETUP / name, folder))
            try:
                await migrations.migrate(conn, migrations.for_service(f"services.{name}"))
            finally:
                await conn.close()
        yield superuser
    finally:
        await server.stop()


@asynccontextmanager
async def issuing(folder: Path, authority: Authority) -> AsyncIterator[str]:
    port = free_port()
    certified = authority.certify([HOST])
    certificate, key = folder / "issuer.pem", folder / "issuer.key"
    certificate.write_text(certified.certificate)
    key.write_text(certified.key)
    url = f"https://{HOST}:{port}"
    app: Starlette = LocalIssuer(OKPKey.generate_key("Ed25519"), url).app
    config = uvicorn.Config(
        app, HOST, port, log_config=None, lifespan="off", ssl_certfile=certificate, ssl_keyfile=key
    )
    async with _running(config):
        yield url


async def ready(_: object) -> JSONResponse:
    return JSONResponse({"ready": True, "failing": []})


async def not_ready(_: object) -> JSONResponse:
    return JSONResponse({"ready": False, "failing": ["kafka"]}, 503)


@asynccontextmanager
async def answering(endpoint: object) -> AsyncIterator[str]:
    """A service, as far as the doctor asks it."""
    port = free_port()
    app = Starlette(routes=[Route("/health/ready", endpoint)])  # type: ignore[arg-type]
    async with _running(uvicorn.Config(app, HOST, port, log_config=None, lifespan="off")):
        yield f"http://{HOST}:{port}"


@asynccontextmanager
async def _running(config: uvicorn.Config) -> AsyncIterator[None]:
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, "it listens")
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def mail_server(context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """With STARTTLS, if it has a certificate; delivers nothing."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Sink(), hostname="mail.invalid", tls_context=context, loop=loop), HOST, 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def tls_server(context: ssl.SSLContext, *, postgres: bool = False) -> AsyncIterator[str]:
    """A server that shows its certificate and no more; PostgreSQL's is asked for it first."""

    async def show(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if postgres:
            await reader.readexactly(8)
            writer.write(b"S")
            await writer.start_tls(context)
        writer.close()

    server = await asyncio.start_server(show, HOST, 0, ssl=None if postgres else context)
    try:
        yield f"{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def authority_of(ago: timedelta) -> Authority:
    """One whose certificates began that long ago."""
    return Authority.new(datetime.now(UTC) - ago)


async def amiss(findings: Findings) -> list[Finding]:
    """The findings that are not well, but for the TLS that the embedded PostgreSQL lacks."""
    return [
        finding
        async for finding in findings
        if finding.verdict is not Verdict.WELL and finding.check != "databases.tls"
    ]


def summary(findings: list[Finding]) -> set[tuple[str, str, Verdict]]:
    return {(finding.check, finding.subject, finding.verdict) for finding in findings}


@asynccontextmanager
async def changed(dsn: str, change: str, back: str) -> AsyncIterator[None]:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(change)
        try:
            yield
        finally:
            await conn.execute(back)
    finally:
        await conn.close()


def with_database(installation: Installation, **dsns: str) -> Deployment:
    """The same deployment with these databases only."""
    databases_found = {name: SecretStr(dsn) for name, dsn in dsns.items()}
    return replace(installation.deployment, databases=databases_found)


def port_of(installation: Installation) -> str:
    return (installation.folder / "port").read_text()


def untried(deployment: Deployment) -> tuple[str, str, Verdict]:
    """The finding that no token was examined, as nobody signed in."""
    return ("issuer.token", deployment.issuer, Verdict.LOOK)


def apart(seconds: float) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)
