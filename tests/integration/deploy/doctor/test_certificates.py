"""Certificates of the site, of PostgreSQL and of Kafka."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.doctor import Verdict
from deploy.doctor.certificates import certificates
from tests.support.installation import (
    Installation,
    amiss,
    apart,
    authority_of,
    summary,
    tls,
    tls_server,
    with_database,
)

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


@pytest.mark.parametrize(
    ("ago", "verdict", "sentence"),
    [
        (timedelta(days=1), None, ""),
        (timedelta(days=800), LOOK, "in 24 day(s)"),
        (timedelta(days=900), BROKEN, "nobody can connect any more"),
    ],
)
async def test_certificates_are_seen_to_end(
    installation: Installation, ago: timedelta, verdict: Verdict | None, sentence: str
) -> None:
    old = authority_of(ago)
    certificate = installation.folder / f"authority-{ago.days}.pem"
    certificate.write_text(old.certified.certificate)
    async with tls_server(tls(installation.folder, old, "members.panel.test")) as proxy:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            findings = await amiss(certificates(replace(installation.deployment, proxy=proxy)))
    assert {finding.verdict for finding in findings} == ({verdict} if verdict else set())
    assert all(sentence in finding.message("en") for finding in findings)


async def test_a_certificate_for_another_name_or_by_an_unknown_authority_is_told(
    installation: Installation,
) -> None:
    other = replace(installation.deployment, sites=("https://answers.panel.test",))
    (finding,) = await amiss(certificates(other))
    assert (finding.verdict, finding.message("en")) == (
        BROKEN,
        "The certificate is not for this name.",
    )
    unknown = tls(installation.folder, authority_of(timedelta(0)), "members.panel.test")
    async with tls_server(unknown) as proxy:
        (finding,) = await amiss(certificates(replace(installation.deployment, proxy=proxy)))
    assert (finding.verdict, finding.subject) == (LOOK, "https://members.panel.test")


async def test_the_certificates_of_databases_and_bus_end_too(installation: Installation) -> None:
    old = authority_of(timedelta(days=900))
    async with tls_server(tls(installation.folder, old, "postgres"), postgres=True) as address:
        dsn = f"postgresql://feedback:secret@{address}/feedback"
        later = replace(
            with_database(installation, feedback=dsn),
            sites=(),
            clock=apart(timedelta(days=100).total_seconds()),
        )
        assert summary(await amiss(certificates(later))) == {
            ("certificates", f"PostgreSQL {address}", BROKEN),
            ("certificates", f"Kafka {installation.deployment.kafka.bootstrap}", BROKEN),
        }
