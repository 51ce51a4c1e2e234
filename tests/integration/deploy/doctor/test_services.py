"""The services' readiness, and the issuer of staff sign-ins."""

from dataclasses import replace

import pytest

from deploy.doctor import Verdict
from deploy.doctor.replicas import replicas
from deploy.doctor.sign_in import sign_in
from tests.support.installation import (
    Installation,
    amiss,
    answering,
    not_ready,
    summary,
    untried,
)
from tests.support.running import signing_in

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN = Verdict.BROKEN


async def test_a_service_that_does_not_work_is_broken(installation: Installation) -> None:
    async with answering(not_ready) as url:
        (finding,) = await amiss(
            replicas(replace(installation.deployment, services={"registry": url}))
        )
    assert finding.message("en") == "The service does not do its work: kafka."


async def test_an_issuer_in_clear_or_without_the_device_grant_is_broken(
    installation: Installation,
) -> None:
    async with signing_in() as issuer:
        plain = replace(installation.deployment, issuer=issuer.url)
        assert summary(await amiss(sign_in(plain))) == {
            ("issuer.https", issuer.url, BROKEN),
            ("issuer.device", issuer.url, BROKEN),
            untried(plain),
        }
        renamed = replace(plain, issuer=f"{issuer.url}/")
        (_, finding) = await amiss(sign_in(renamed))
        assert "says that it is another issuer" in finding.message("en")
