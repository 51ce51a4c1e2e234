"""Clocks, time zones, the disk and the Python version."""

from dataclasses import replace

import pytest

from deploy.doctor import Verdict
from deploy.doctor.clocks import ZONES, this_machine
from deploy.doctor.databases import databases
from deploy.doctor.replicas import replicas
from deploy.doctor.sign_in import sign_in
from tests.support.installation import (
    Installation,
    amiss,
    apart,
    summary,
    untried,
    with_database,
)

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def test_a_clock_more_than_two_seconds_apart_is_broken(installation: Installation) -> None:
    for seconds in (-10, 10):
        skewed = replace(installation.deployment, clock=apart(seconds))
        assert summary(await amiss(databases(skewed))) == {
            ("databases.clock", name, BROKEN) for name in installation.deployment.databases
        }
        assert summary(await amiss(replicas(skewed))) == {
            ("services.clock", name, BROKEN) for name in installation.deployment.services
        }
        # Tokens may be half a minute apart.
        assert summary(await amiss(sign_in(skewed))) == {untried(skewed)}
    late = replace(installation.deployment, clock=apart(40))
    assert summary(await amiss(sign_in(late))) == {
        ("issuer.clock", late.issuer, BROKEN),
        untried(late),
    }


async def test_a_zone_that_is_missing_or_follows_other_rules_is_broken(
    installation: Installation,
) -> None:
    zones = {"Europe/Nowhere": ZONES["Europe/Paris"], "Pacific/Noumea": ZONES["Indian/Reunion"]}
    (of_zones,) = await amiss(this_machine(zones))
    assert of_zones.verdict is BROKEN
    deployment = with_database(
        installation, feedback=installation.deployment.databases["feedback"].get_secret_value()
    )
    (there,) = await amiss(databases(deployment, zones))
    assert (there.check, there.verdict) == ("databases.zones", BROKEN)
    for finding in (of_zones, there):
        assert "Europe/Nowhere, Pacific/Noumea" in finding.message("en")


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
