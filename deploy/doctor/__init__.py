"""Diagnosis of a deployment: examine everything that the promises depend on, and suggest remedies.

It changes no message, row or topic. A check that could not run is reported and never counts as
well. It needs only the settings and roles of the services, so it runs beside them:
`panel doctor` for a local panel, `panel doctor --deployed` in a container.
"""

import asyncio
from collections.abc import Callable, Sequence

from deploy.doctor.bus import bus
from deploy.doctor.certificates import certificates
from deploy.doctor.clocks import this_machine
from deploy.doctor.databases import databases
from deploy.doctor.deployment import Deployment, DoctorSettings
from deploy.doctor.findings import Finding, Findings, Verdict
from deploy.doctor.mail import mail
from deploy.doctor.replicas import replicas
from deploy.doctor.sign_in import sign_in

__all__ = ["Deployment", "DoctorSettings", "Finding", "Verdict", "examine", "is_broken"]


async def examine(deployment: Deployment) -> list[Finding]:
    """Run all checks concurrently; none waits for a server longer than some seconds."""
    examinations: Sequence[Callable[[Deployment], Findings]] = (
        lambda _: this_machine(),
        databases,
        bus,
        replicas,
        certificates,
        mail,
        sign_in,
    )

    async def all_of(examination: Callable[[Deployment], Findings]) -> list[Finding]:
        return [finding async for finding in examination(deployment)]

    results = await asyncio.gather(*map(all_of, examinations))
    return [finding for findings_of_part in results for finding in findings_of_part]


def is_broken(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.BROKEN for finding in findings)
