"""Trial of a deployment on containers: the demonstration's members, clock and mail server.

In the container `demo` of deploy/compose.demo.yaml:
    python -m deploy.demo.try_out serve     the issuer of sign-ins and the mail catcher
    python -m deploy.demo.try_out demo      the demonstration, through the proxy, and the check
    python -m deploy.demo.try_out check     the check alone
    python -m deploy.demo.try_out forget    one member is erased, and the check
    python -m deploy.demo.try_out publish   projects are published until the file /demo/enough
                                             exists; all services must learn of each; then the check
Its services run in local mode, because the clock is set: it is never for real members.
"""

import asyncio
import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import asyncpg
import uvicorn
from pydantic import SecretStr

from console.commands import project_files
from deploy.bootstrap import SITES
from deploy.charter_check.findings import Finding
from deploy.demo import demonstration
from deploy.demo.members import Members, Rates
from deploy.demo.waiting import until
from deploy.local import clock as clocks
from deploy.local.charter_check import check
from deploy.local.endpoints import (
    SERVICES,
    Endpoints,
    IssuerEndpoint,
    KafkaEndpoint,
    PostgresEndpoint,
    ServiceEndpoint,
    SmtpEndpoint,
)
from deploy.local.issuer import LocalIssuer
from deploy.local.keys import keys_in
from deploy.local.mail_catcher import MailCatcher
from deploy.local.staff import LocalStaff
from services.runtime.clock import SharedClock
from services.runtime.text import Text

DATA, SECRETS = Path("/demo"), Path("/secrets")
ENOUGH = DATA / "enough"
ISSUER_PORT, SMTP_PORT = 9000, 1025
# Two of each service share two cores with everything else, where this is tested.
PATIENCE = 300.0
_UNKNOWN = Text(
    fr="Des projets publiés ne sont pas connus de tous.",
    en="Published projects are not known to everybody.",
)
EVERYWHERE = "0.0.0.0"  # noqa: S104  only the containers of this stack reach it


def endpoints() -> Endpoints:
    """Describe the stack of containers as `panel up` describes a local stack."""
    domain = os.environ["PANEL_DOMAIN"]
    suffix = os.environ.get("PANEL_PORT_SUFFIX", "")
    superuser = (SECRETS / "postgres" / "superuser").read_text()
    authority = SECRETS / "authority" / "authority"
    tls = f"sslmode=verify-full&sslrootcert={authority}"
    return Endpoints(
        runner_pid=0,
        data_dir=DATA,
        services={
            name: ServiceEndpoint(url=f"https://{SITES[name]}.{domain}{suffix}", pid=0)
            for name in SERVICES
        },
        kafka=KafkaEndpoint(
            bootstrap="kafka:9093",
            pid=0,
            username="setup",
            password=SecretStr((SECRETS / "setup" / "kafka_password").read_text()),
            ca_file=authority,
        ),
        postgres=PostgresEndpoint(
            pid=0,
            dsns={
                name: f"postgresql://postgres:{superuser}@postgres:5432/{name}?{tls}"
                for name in SERVICES
            },
        ),
        smtp=SmtpEndpoint(host="demo", port=SMTP_PORT),
        issuer=IssuerEndpoint(url=os.environ["PANEL_ISSUER"]),
        mail_journal=DATA / "mail.jsonl",
        clock_file=DATA / "clock.json",
        logs=DATA / "logs",
    )


async def serve() -> None:
    stack = endpoints()
    clock = SharedClock(stack.clock_file)
    clock.change(lambda _: clocks.at(demonstration.start_of(datetime.now(UTC))))
    stack.clock_file.chmod(0o644)
    (DATA / "keys").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(SECRETS / "feedback" / "journal_key", DATA / "keys" / "journal.jwk")
    catcher = MailCatcher(stack.mail_journal, clock.now, EVERYWHERE, SMTP_PORT)
    await catcher.start()
    try:
        issuer = LocalIssuer(keys_in(DATA).issuer, stack.issuer.url).app
        config = uvicorn.Config(issuer, EVERYWHERE, ISSUER_PORT, log_config=None, access_log=False)
        await uvicorn.Server(config).serve()
    finally:
        await catcher.stop()


async def demo() -> list[Finding]:
    stack = endpoints()
    people = Members(demonstration.SEED, Rates(answer=demonstration.ANSWERING))
    async with LocalStaff(stack, "en") as staff, people as members:

        def report(text: object, data: dict[str, object]) -> None:
            print(text.in_("en", **data), file=sys.stderr, flush=True)  # type: ignore[attr-defined]

        story = demonstration.Demonstration(stack, staff, members, report, PATIENCE)
        return (await story.run()).findings


async def judged() -> list[Finding]:
    return await check(endpoints())


async def forget() -> list[Finding]:
    stack = endpoints()
    registry = await asyncpg.connect(stack.dsn("registry"))
    try:
        query = "SELECT member_id FROM member WHERE status = 'active' ORDER BY member_id LIMIT 1"
        member_id = await registry.fetchval(query)
    finally:
        await registry.close()
    async with LocalStaff(stack, "en") as staff:
        await staff.erase_member(member_id)
    return await check(stack)


async def publish() -> list[Finding]:
    stack = endpoints()
    today = SharedClock(stack.clock_file).now().date()
    sheet = project_files.read(
        Path(str(files("deploy.demo") / "examples" / demonstration.EXAMPLES[0])),
        recruitment_ends_on=today + timedelta(days=30),
        collection_ends_on=today + timedelta(days=60),
    )
    published: set[UUID] = set()
    async with LocalStaff(stack, "en") as staff:
        while not ENOUGH.exists():
            project = await staff.create_project(sheet.project)
            await staff.publish_project(project.id)
            published.add(project.id)

        async def everywhere_known() -> bool:
            collected = {collection.project_id for collection in await staff.collections()}
            accounted = {status.project_id for status in await staff.project_statuses()}
            return collected & accounted >= published

        await until(everywhere_known, _UNKNOWN, PATIENCE)
    return await check(stack)


def main() -> int:
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
        return 0
    findings = asyncio.run(
        {"demo": demo, "check": judged, "forget": forget, "publish": publish}[sys.argv[1]]()
    )
    broken = {finding.code: finding.wrong for finding in findings if not finding.holds}
    looked_at = {finding.code: finding.looked_at for finding in findings}
    print(json.dumps({"holds": not broken, "broken": broken, "looked_at": looked_at}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
