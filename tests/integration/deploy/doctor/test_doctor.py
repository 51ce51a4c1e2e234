"""All is well on a good deployment; and each thing that is not turns red, with the way out."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from deploy.doctor import Deployment, Finding, Verdict, examine
from deploy.doctor.bus import bus
from deploy.doctor.certificates import certificates
from deploy.doctor.clocks import ZONES, this_machine
from deploy.doctor.databases import databases, keeps_its_session
from deploy.doctor.findings import Findings
from deploy.doctor.mail import mail
from deploy.doctor.replicas import replicas
from deploy.doctor.sign_in import sign_in
from deploy.local import kafka as kafka_module
from deploy.local.errors import HOST
from deploy.local.kafka import EmbeddedKafka
from services.contracts.topics import TOPICS
from services.registry.deliveries.smtp import MailServer
from services.runtime.messaging.kafka import KafkaServer, ensure_topics
from services.runtime.text import LANGUAGES
from tests.integration.deploy.doctor.conftest import (
    Ward,
    answering,
    authority_of,
    mail_server,
    not_ready,
    tls,
    tls_server,
)
from tests.support.running import free_port, signing_in
from tests.support.secure_kafka import ACLS, tool

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def amiss(findings: Findings) -> list[Finding]:
    """But for the TLS that the embedded PostgreSQL does not have."""
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


def with_database(ward: Ward, **dsns: str) -> Deployment:
    """The same, with these databases only."""
    databases_found = {name: SecretStr(dsn) for name, dsn in dsns.items()}
    return replace(ward.deployment, databases=databases_found)


async def test_on_a_good_deployment_all_is_well_but_what_embedded_servers_lack(
    ward: Ward,
) -> None:
    """A second broker, and TLS in PostgreSQL: the deployment on containers is asked about that."""
    findings = await examine(ward.deployment)
    unwell = [finding for finding in findings if finding.verdict is not Verdict.WELL]
    assert summary(unwell) == {
        ("kafka.copies", "", LOOK),
        *(("databases.tls", name, BROKEN) for name in ward.deployment.databases),
        untried(ward.deployment),
    }
    assert {finding.check for finding in findings} == {
        "machine.disk",
        "machine.python",
        "machine.zones",
        "databases.reached",
        "databases.clock",
        "databases.version",
        "databases.tls",
        "databases.migrations",
        "databases.role",
        "databases.draw",
        "databases.session",
        "databases.zones",
        "databases.connections",
        "kafka.reached",
        "kafka.version",
        "kafka.topics",
        "kafka.policies",
        "kafka.copies",
        "kafka.auto_create",
        "kafka.access",
        "services.ready",
        "services.clock",
        "certificates",
        "mail.queue",
        "mail.reached",
        "mail.tls",
        "issuer.https",
        "issuer.keys",
        "issuer.device",
        "issuer.clock",
        "issuer.token",
    }


async def test_every_finding_is_said_in_both_languages_and_what_is_amiss_has_a_way_out(
    ward: Ward,
) -> None:
    nowhere = replace(
        ward.deployment,
        clock=lambda: datetime.now(UTC) + timedelta(days=3000),
        proxy=f"{HOST}:{free_port()}",
        mail_queue_hours=None,
    )
    for finding in await examine(nowhere):
        for language in LANGUAGES:
            assert "{" not in finding.describe(language)
            if finding.verdict is not Verdict.WELL:
                assert finding.way_out_message(language)
                assert "{" not in (finding.way_out_message(language) or "")


async def test_what_cannot_be_reached_is_broken_and_no_password_is_said(ward: Ward) -> None:
    port = free_port()
    secret = "s3cret-of-nobody"
    unreachable = replace(
        with_database(ward, feedback=f"postgresql://feedback:{secret}@{HOST}:{port}/feedback"),
        kafka=replace(ward.deployment.kafka, bootstrap=f"{HOST}:{port}"),
        services={"feedback": f"http://{HOST}:{port}"},
        proxy=f"{HOST}:{port}",
        mail=MailServer(HOST, port, 5, "panel", secret),
        issuer=f"https://{HOST}:{port}",
    )
    findings = [finding for finding in await examine(unreachable) if finding.verdict is BROKEN]
    assert {finding.check for finding in findings} == {
        "databases.reached",
        "kafka.reached",
        "services.ready",
        "certificates",
        "mail.reached",
        "issuer.keys",
    }
    wrong = with_database(
        ward, feedback=f"postgresql://feedback:{secret}@{HOST}:{port_of(ward)}/feedback"
    )
    findings += await amiss(databases(wrong))
    assert "password authentication failed" in findings[-1].describe("en")
    for finding in findings:
        assert finding.describe("en").startswith("Could not look: ")
        assert secret not in finding.describe("en") + finding.subject


def port_of(ward: Ward) -> str:
    return (ward.folder / "port").read_text()


def untried(deployment: Deployment) -> tuple[str, str, Verdict]:
    """Nobody signed in, so that no token could be looked at."""
    return ("issuer.token", deployment.issuer, LOOK)


def apart(seconds: float) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_clock_more_than_two_seconds_apart_is_broken(ward: Ward) -> None:
    for seconds in (-10, 10):
        skewed = replace(ward.deployment, clock=apart(seconds))
        assert summary(await amiss(databases(skewed))) == {
            ("databases.clock", name, BROKEN) for name in ward.deployment.databases
        }
        assert summary(await amiss(replicas(skewed))) == {
            ("services.clock", name, BROKEN) for name in ward.deployment.services
        }
        # Tokens may be half a minute apart.
        assert summary(await amiss(sign_in(skewed))) == {untried(skewed)}
    late = replace(ward.deployment, clock=apart(40))
    assert summary(await amiss(sign_in(late))) == {
        ("issuer.clock", late.issuer, BROKEN),
        untried(late),
    }


async def test_a_zone_that_is_missing_or_follows_other_rules_is_broken(ward: Ward) -> None:
    zones = {"Europe/Nowhere": ZONES["Europe/Paris"], "Pacific/Noumea": ZONES["Indian/Reunion"]}
    (of_zones,) = await amiss(this_machine(zones))
    assert of_zones.verdict is BROKEN
    deployment = with_database(
        ward, feedback=ward.deployment.databases["feedback"].get_secret_value()
    )
    (there,) = await amiss(databases(deployment, zones))
    assert (there.check, there.verdict) == ("databases.zones", BROKEN)
    for finding in (of_zones, there):
        assert "Europe/Nowhere, Pacific/Noumea" in finding.describe("en")


@pytest.mark.parametrize(
    ("free", "verdict"), [(0.5, Verdict.WELL), (0.09, Verdict.LOOK), (0.02, BROKEN)]
)
async def test_a_disk_that_fills_up_is_said(free: float, verdict: Verdict) -> None:
    findings = [finding async for finding in this_machine(room=lambda: free)]
    assert {finding.verdict for finding in findings if finding.check == "machine.disk"} == {verdict}


async def test_an_old_python_is_broken() -> None:
    assert summary(await amiss(this_machine(version=(3, 10, 9)))) == {
        ("machine.python", "", BROKEN)
    }


async def test_a_database_in_clear_is_broken_outside_a_local_panel(ward: Ward) -> None:
    for local, verdict in ((False, BROKEN), (True, Verdict.WELL)):
        findings = databases(replace(ward.deployment, local=local))
        assert {
            finding.verdict async for finding in findings if finding.check == "databases.tls"
        } == {verdict}


@pytest.mark.parametrize(
    ("change", "back", "sentence"),
    [
        (
            "UPDATE schema_migration SET name = 'x' || name WHERE name = '0003_journal.sql'",
            "UPDATE schema_migration SET name = '0003_journal.sql' WHERE name LIKE 'x%'",
            "feedback/x0003_journal.sql was applied by a newer version",
        ),
        (
            "UPDATE schema_migration SET checksum = 'x' || checksum WHERE name ~ '0003_j'",
            "UPDATE schema_migration SET checksum = substr(checksum, 2) WHERE name ~ '0003_j'",
            "feedback/0003_journal.sql was changed after it was applied",
        ),
        (
            "CREATE TABLE kept AS SELECT * FROM schema_migration;"
            "DELETE FROM schema_migration WHERE name = '0003_journal.sql'",
            "INSERT INTO schema_migration SELECT * FROM kept ON CONFLICT DO NOTHING;"
            "DROP TABLE kept",
            "Migrations are missing: feedback/0003_journal.sql",
        ),
    ],
)
async def test_tables_of_another_version_are_broken(
    ward: Ward, change: str, back: str, sentence: str
) -> None:
    deployment = with_database(
        ward, feedback=ward.deployment.databases["feedback"].get_secret_value()
    )
    async with changed(ward.owner("feedback"), change, back):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.migrations", BROKEN)
    assert sentence in finding.describe("en")
    assert await amiss(databases(deployment)) == []


@pytest.mark.parametrize(
    ("change", "back", "sentence"),
    [
        (
            "CREATE TABLE public.mine (); ALTER TABLE mine OWNER TO feedback",
            "DROP TABLE mine",
            "owns tables (public.mine)",
        ),
        (
            "GRANT feedback_migration TO feedback",
            "REVOKE feedback_migration FROM feedback",
            "owns tables",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO feedback",
            "REVOKE CREATE ON SCHEMA public FROM feedback",
            "can create objects",
        ),
        ("ALTER ROLE feedback CREATEROLE", "ALTER ROLE feedback NOCREATEROLE", "or roles"),
    ],
)
async def test_a_service_that_can_lift_constraints_is_broken(
    ward: Ward, change: str, back: str, sentence: str
) -> None:
    deployment = with_database(
        ward, feedback=ward.deployment.databases["feedback"].get_secret_value()
    )
    async with changed(ward.owner("feedback"), change, back):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.role", BROKEN)
    assert sentence in finding.describe("en")


async def test_a_draw_that_can_read_answers_is_broken(ward: Ward) -> None:
    deployment = with_database(
        ward, campaigns=ward.deployment.databases["campaigns"].get_secret_value()
    )
    async with changed(
        ward.owner("campaigns"),
        "GRANT SELECT (state) ON invitation TO panel_draw",
        "REVOKE SELECT (state) ON invitation FROM panel_draw",
    ):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.draw", BROKEN)
    assert "(invitation.state)" in finding.describe("en")
    assert await amiss(databases(deployment)) == []


async def test_too_few_connections_are_to_be_looked_at(ward: Ward) -> None:
    many = replace(ward.deployment, database_connections=100)
    assert summary(await amiss(databases(many))) == {
        ("databases.connections", name, LOOK) for name in ward.deployment.databases
    }


class Pooled:
    """What a client has of a pooler in transaction mode: between two transactions its connection
    becomes whichever session is free, here always another one."""

    def __init__(self, *sessions: Any) -> None:
        self._sessions = sessions
        self._turn = 0

    def __getattr__(self, name: str) -> Any:
        self._turn += 1
        return getattr(self._sessions[self._turn % len(self._sessions)], name)


async def test_a_pooler_in_transaction_mode_is_broken(ward: Ward) -> None:
    dsn = ward.owner("feedback")
    sessions = [await asyncpg.connect(dsn) for _ in range(3)]
    try:
        first, second, third = sessions
        pooled: Any = Pooled(first, second)
        assert (await keeps_its_session("feedback", pooled, third)).verdict is BROKEN
        await first.execute("SELECT pg_advisory_unlock_all()")
        assert (await keeps_its_session("feedback", first, third)).verdict is Verdict.WELL
    finally:
        for session in sessions:
            await session.close()


async def test_a_topic_with_another_policy_or_none_at_all_is_broken(ward: Ward) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=ward.kafka_administration)
    await admin.start()
    log = next(topic for topic in TOPICS if topic.name == "registry.deliveries.v1")
    try:
        short = log.policy | {"retention.ms": "86400000"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, log.name, short)])
        missing = [*TOPICS, replace(log, name="registry.dreams.v1")]
        findings = await amiss(bus(ward.deployment, missing))
        assert summary(findings) == {
            ("kafka.policies", log.name, BROKEN),
            ("kafka.topics", "registry.dreams.v1", BROKEN),
            ("kafka.copies", "", LOOK),
        }
        (policy,) = [finding for finding in findings if finding.check == "kafka.policies"]
        assert policy.describe("en") == "retention.ms is 86400000 instead of 3456000000."
        assert "`setup` of registry" in (policy.way_out_message("en") or "")
        await ensure_topics(ward.deployment.kafka, TOPICS)
        assert summary(await amiss(bus(ward.deployment))) == {("kafka.copies", "", LOOK)}
    finally:
        await admin.close()


async def test_a_right_that_is_missing_and_one_too_many_are_broken(ward: Ward) -> None:
    right = ("--allow-principal", "User:feedback", "--operation", "Read")
    arguments = ("--topic", "campaigns.projects.v1")
    beyond = ("--topic", "registry.members.v1")
    administration = ward.kafka_administration
    await tool(ACLS, administration, "--remove", "--force", *right, *arguments)
    await tool(ACLS, administration, "--add", *right, *beyond)
    findings = await amiss(bus(ward.deployment))
    await tool(ACLS, administration, "--remove", "--force", *right, *beyond)
    await tool(ACLS, administration, "--add", *right, *arguments)
    wrong = [finding.describe("en") for finding in findings if finding.check == "kafka.access"]
    assert wrong == [
        "A right is missing: User:feedback Read topic campaigns.projects.v1.",
        "A right is not in the table of topics: User:feedback Read topic registry.members.v1.",
    ]
    assert summary(await amiss(bus(ward.deployment))) == {("kafka.copies", "", LOOK)}


async def test_what_the_doctor_may_not_see_is_said_and_not_well(ward: Ward) -> None:
    public = replace(
        ward.deployment.kafka, username="public", password=SecretStr("password of public")
    )
    findings = await amiss(bus(replace(ward.deployment, kafka=public)))
    unseen = {
        finding.check for finding in findings if finding.describe("en").startswith("Could not look")
    }
    assert {"kafka.policies", "kafka.auto_create", "kafka.access"} <= unseen


async def test_a_bus_open_to_everybody_and_to_typing_errors_is_broken(ward: Ward) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        careless = kafka_module.PROPERTIES.replace("enable=false", "enable=true")
        assert careless != kafka_module.PROPERTIES
        monkeypatch.setattr(kafka_module, "PROPERTIES", careless)
        broker = EmbeddedKafka(ward.folder / "careless")
        await broker.start()
    try:
        await ensure_topics(KafkaServer(broker.bootstrap), TOPICS)
        bare = replace(ward.deployment, kafka=KafkaServer(broker.bootstrap))
        assert summary(await amiss(bus(bare))) == {
            ("kafka.auto_create", broker.bootstrap, BROKEN),
            ("kafka.access", "", BROKEN),
            ("kafka.copies", "", LOOK),
        }
        assert summary(await amiss(bus(replace(bare, local=True)))) == {
            ("kafka.auto_create", broker.bootstrap, BROKEN)
        }
    finally:
        await broker.stop()


async def test_a_service_that_does_not_work_is_broken(ward: Ward) -> None:
    async with answering(not_ready) as url:
        (finding,) = await amiss(replicas(replace(ward.deployment, services={"registry": url})))
    assert finding.describe("en") == "The service does not do its work: kafka."


@pytest.mark.parametrize(
    ("ago", "verdict", "sentence"),
    [
        (timedelta(days=1), None, ""),
        (timedelta(days=800), LOOK, "in 24 day(s)"),
        (timedelta(days=900), BROKEN, "nobody can connect any more"),
    ],
)
async def test_certificates_are_seen_to_end(
    ward: Ward, ago: timedelta, verdict: Verdict | None, sentence: str
) -> None:
    old = authority_of(ago)
    certificate = ward.folder / f"authority-{ago.days}.pem"
    certificate.write_text(old.certified.certificate)
    async with tls_server(tls(ward.folder, old, "members.panel.test")) as proxy:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            findings = await amiss(certificates(replace(ward.deployment, proxy=proxy)))
    assert {finding.verdict for finding in findings} == ({verdict} if verdict else set())
    assert all(sentence in finding.describe("en") for finding in findings)


async def test_a_certificate_for_another_name_or_by_an_unknown_authority_is_told(
    ward: Ward,
) -> None:
    other = replace(ward.deployment, sites=("https://answers.panel.test",))
    (finding,) = await amiss(certificates(other))
    assert (finding.verdict, finding.describe("en")) == (
        BROKEN,
        "The certificate is not for this name.",
    )
    unknown = tls(ward.folder, authority_of(timedelta(0)), "members.panel.test")
    async with tls_server(unknown) as proxy:
        (finding,) = await amiss(certificates(replace(ward.deployment, proxy=proxy)))
    assert (finding.verdict, finding.subject) == (LOOK, "https://members.panel.test")


async def test_the_certificates_of_databases_and_bus_end_too(ward: Ward) -> None:
    old = authority_of(timedelta(days=900))
    async with tls_server(tls(ward.folder, old, "postgres"), postgres=True) as address:
        dsn = f"postgresql://feedback:secret@{address}/feedback"
        later = replace(
            with_database(ward, feedback=dsn),
            sites=(),
            clock=apart(timedelta(days=100).total_seconds()),
        )
        assert summary(await amiss(certificates(later))) == {
            ("certificates", f"PostgreSQL {address}", BROKEN),
            ("certificates", f"Kafka {ward.deployment.kafka.bootstrap}", BROKEN),
        }


async def test_a_mail_server_without_starttls_is_broken_once_it_hears_a_password(
    ward: Ward,
) -> None:
    async with mail_server(None) as port:
        clear = replace(ward.deployment, mail=MailServer(HOST, port, 5))
        subject = f"{HOST}:{port}"
        assert summary(await amiss(mail(clear))) == {("mail.tls", subject, LOOK)}
        signed_in = replace(clear, mail=MailServer(HOST, port, 5, "panel", "a secret"))
        assert summary(await amiss(mail(signed_in))) == {("mail.tls", subject, BROKEN)}
        assert await amiss(mail(replace(clear, local=True))) == []


async def test_a_mail_server_whose_certificate_is_over_is_broken(ward: Ward) -> None:
    async with mail_server(tls(ward.folder, authority_of(timedelta(days=900)), HOST)) as port:
        over = replace(ward.deployment, mail=MailServer(HOST, port, 5))
        assert summary(await amiss(mail(over))) == {("mail.tls", f"{HOST}:{port}", BROKEN)}


async def test_the_mail_queue_is_asked_about_and_four_hours_are_its_limit(ward: Ward) -> None:
    for hours, verdict in ((None, LOOK), (4.5, BROKEN)):
        asked_hours = replace(ward.deployment, mail_queue_hours=hours)
        (finding,) = await amiss(mail(asked_hours))
        assert (finding.check, finding.verdict) == ("mail.queue", verdict)
        assert "PANEL_MAIL_QUEUE_HOURS" in (finding.way_out_message("en") or "")
    local = replace(ward.deployment, mail_queue_hours=None, local=True)
    assert await amiss(mail(local)) == []


async def test_an_issuer_in_clear_or_without_the_device_grant_is_broken(ward: Ward) -> None:
    async with signing_in() as issuer:
        plain = replace(ward.deployment, issuer=issuer.url)
        assert summary(await amiss(sign_in(plain))) == {
            ("issuer.https", issuer.url, BROKEN),
            ("issuer.device", issuer.url, BROKEN),
            untried(plain),
        }
        renamed = replace(plain, issuer=f"{issuer.url}/")
        (_, finding) = await amiss(sign_in(renamed))
        assert "says that it is another issuer" in finding.describe("en")


async def test_the_command_looks_at_what_its_container_is_told(ward: Ward) -> None:
    deployment = ward.deployment
    kafka = deployment.kafka
    assert kafka.username
    assert kafka.password
    variables = {
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_USERNAME": kafka.username,
        "KAFKA_PASSWORD": kafka.password.get_secret_value(),
        "KAFKA_CA_FILE": str(kafka.ca_file),
        "ISSUER": deployment.issuer,
        "SMTP_HOST": deployment.mail.host,
        "SMTP_PORT": str(deployment.mail.port),
        "MAIL_FROM": deployment.sender,
        "MAIL_QUEUE_HOURS": "",
        "SERVICE_ADDRESSES": json.dumps(dict(deployment.services)),
        "SITES": json.dumps(deployment.sites),
        "PROXY": deployment.proxy or "",
    } | {
        f"{name.upper()}_DATABASE_DSN": dsn.get_secret_value()
        for name, dsn in deployment.databases.items()
    }
    environment = {f"PANEL_{name}": value for name, value in variables.items()}

    async def doctor(*more: str, without: str = "") -> tuple[int, str]:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "panel", "doctor", "--deployed", "--lang", "en", *more),
            env=os.environ | {k: v for k, v in environment.items() if k != without},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        out, _ = await child.communicate()
        assert child.returncode is not None
        return child.returncode, out.decode()

    status, out = await doctor("--json")
    answer = json.loads(out)
    assert (status, answer["well"]) == (1, False)
    unwell = {finding["check"] for finding in answer["findings"] if finding["verdict"] != "well"}
    assert unwell == {"kafka.copies", "mail.queue", "databases.tls", "issuer.token"}
    environment["PANEL_MODE"] = "local"
    status, out = await doctor()
    assert status == 0
    assert "All is well." in out
    environment["PANEL_MAIL_QUEUE_HOURS"] = "120"
    status, out = await doctor()
    assert status == 1
    assert "✗ Its queue keeps a message for 120 h" in out
    status, out = await doctor(without="PANEL_SMTP_HOST")
    assert status == 2
    assert "PANEL_SMTP_HOST is missing" in out
    for secret in (variables["KAFKA_PASSWORD"], variables["FEEDBACK_DATABASE_DSN"]):
        assert secret not in out
