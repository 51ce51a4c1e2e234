"""The whole examination, and the command that prints it."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deploy.doctor import Verdict, examine
from deploy.doctor.databases import databases
from deploy.local.errors import HOST
from services.registry.deliveries.smtp import MailServer
from services.runtime.text import LANGUAGES
from tests.support.installation import (
    Installation,
    amiss,
    port_of,
    summary,
    untried,
    with_database,
)
from tests.support.running import free_port

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def test_on_a_good_deployment_all_is_well_but_what_embedded_servers_lack(
    installation: Installation,
) -> None:
    """They lack a second broker and PostgreSQL's TLS, which tests/deploy covers."""
    findings = await examine(installation.deployment)
    unwell = [finding for finding in findings if finding.verdict is not Verdict.WELL]
    assert summary(unwell) == {
        ("kafka.copies", "", LOOK),
        *(("databases.tls", name, BROKEN) for name in installation.deployment.databases),
        untried(installation.deployment),
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
    installation: Installation,
) -> None:
    nowhere = replace(
        installation.deployment,
        clock=lambda: datetime.now(UTC) + timedelta(days=3000),
        proxy=f"{HOST}:{free_port()}",
        mail_queue_hours=None,
    )
    for finding in await examine(nowhere):
        for language in LANGUAGES:
            assert "{" not in finding.message(language)
            if finding.verdict is not Verdict.WELL:
                assert finding.way_out_message(language)
                assert "{" not in (finding.way_out_message(language) or "")


async def test_what_cannot_be_reached_is_broken_and_no_password_is_said(
    installation: Installation,
) -> None:
    port = free_port()
    secret = "s3cret-of-nobody"
    unreachable = replace(
        with_database(
            installation, feedback=f"postgresql://feedback:{secret}@{HOST}:{port}/feedback"
        ),
        kafka=replace(installation.deployment.kafka, bootstrap=f"{HOST}:{port}"),
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
        installation,
        feedback=f"postgresql://feedback:{secret}@{HOST}:{port_of(installation)}/feedback",
    )
    findings += await amiss(databases(wrong))
    assert "password authentication failed" in findings[-1].message("en")
    for finding in findings:
        assert finding.message("en").startswith("Could not look: ")
        assert secret not in finding.message("en") + finding.subject


async def test_the_command_looks_at_what_its_container_is_told(installation: Installation) -> None:
    deployment = installation.deployment
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
