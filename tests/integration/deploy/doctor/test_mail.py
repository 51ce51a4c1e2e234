"""The smart host: encryption, certificate and the lifetime of its queue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.doctor import Verdict
from deploy.doctor.mail import mail
from deploy.local.errors import HOST
from services.registry.deliveries.smtp import MailServer
from tests.support.installation import (
    Installation,
    amiss,
    authority_of,
    mail_server,
    summary,
    tls,
)

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def test_a_mail_server_without_starttls_is_broken_once_it_hears_a_password(
    installation: Installation,
) -> None:
    async with mail_server(None) as port:
        clear = replace(installation.deployment, mail=MailServer(HOST, port, 5))
        subject = f"{HOST}:{port}"
        assert summary(await amiss(mail(clear))) == {("mail.tls", subject, LOOK)}
        signed_in = replace(clear, mail=MailServer(HOST, port, 5, "panel", "a secret"))
        assert summary(await amiss(mail(signed_in))) == {("mail.tls", subject, BROKEN)}
        assert await amiss(mail(replace(clear, local=True))) == []


async def test_a_mail_server_whose_certificate_is_over_is_broken(
    installation: Installation,
) -> None:
    async with mail_server(
        tls(installation.folder, authority_of(timedelta(days=900)), HOST)
    ) as port:
        over = replace(installation.deployment, mail=MailServer(HOST, port, 5))
        assert summary(await amiss(mail(over))) == {("mail.tls", f"{HOST}:{port}", BROKEN)}


async def test_the_mail_queue_is_asked_about_and_four_hours_are_its_limit(
    installation: Installation,
) -> None:
    for hours, verdict in ((None, LOOK), (4.5, BROKEN)):
        asked_hours = replace(installation.deployment, mail_queue_hours=hours)
        (finding,) = await amiss(mail(asked_hours))
        assert (finding.check, finding.verdict) == ("mail.queue", verdict)
        assert "PANEL_MAIL_QUEUE_HOURS" in (finding.way_out_message("en") or "")
    local = replace(installation.deployment, mail_queue_hours=None, local=True)
    assert await amiss(mail(local)) == []
