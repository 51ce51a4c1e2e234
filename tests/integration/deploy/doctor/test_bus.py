"""Kafka: policies of topics, access rights, and settings of the broker."""

from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from deploy.doctor import Verdict
from deploy.doctor.bus import bus
from deploy.local import kafka as kafka_module
from deploy.local.kafka import EmbeddedKafka
from services.contracts.topics import TOPICS
from services.runtime.messaging.kafka import KafkaServer, ensure_topics
from tests.support.installation import (
    Installation,
    amiss,
    summary,
)
from tests.support.secure_kafka import ACLS, tool
from tests.support.servers import eventually

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def test_a_topic_with_another_policy_or_none_at_all_is_broken(
    installation: Installation,
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=installation.kafka_administration)
    await admin.start()
    log = next(topic for topic in TOPICS if topic.name == "registry.deliveries.v1")
    broken_policy = ("kafka.policies", log.name, BROKEN)

    async def findings_of_policy() -> bool:
        return broken_policy in summary(await amiss(bus(installation.deployment)))

    async def no_findings_of_policy() -> bool:
        return not await findings_of_policy()

    try:
        short = log.policy | {"retention.ms": "86400000"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, log.name, short)])
        # A broker answers before it has applied a policy.
        await eventually(findings_of_policy, "the policy is applied")
        missing = [*TOPICS, replace(log, name="registry.dreams.v1")]
        findings = await amiss(bus(installation.deployment, missing))
        assert summary(findings) == {
            broken_policy,
            ("kafka.topics", "registry.dreams.v1", BROKEN),
            ("kafka.copies", "", LOOK),
        }
        (policy,) = [finding for finding in findings if finding.check == "kafka.policies"]
        assert policy.message("en") == "retention.ms is 86400000 instead of 3456000000."
        assert "`setup` of registry" in (policy.way_out_message("en") or "")
        await ensure_topics(installation.deployment.kafka, TOPICS)
        await eventually(no_findings_of_policy, "the policy is that of the contract again")
        assert summary(await amiss(bus(installation.deployment))) == {("kafka.copies", "", LOOK)}
    finally:
        await admin.close()


async def test_a_right_that_is_missing_and_one_too_many_are_broken(
    installation: Installation,
) -> None:
    right = ("--allow-principal", "User:feedback", "--operation", "Read")
    arguments = ("--topic", "campaigns.projects.v1")
    beyond = ("--topic", "registry.members.v1")
    administration = installation.kafka_administration
    await tool(ACLS, administration, "--remove", "--force", *right, *arguments)
    await tool(ACLS, administration, "--add", *right, *beyond)
    findings = await amiss(bus(installation.deployment))
    await tool(ACLS, administration, "--remove", "--force", *right, *beyond)
    await tool(ACLS, administration, "--add", *right, *arguments)
    wrong = [finding.message("en") for finding in findings if finding.check == "kafka.access"]
    assert wrong == [
        "A right is missing: User:feedback Read topic campaigns.projects.v1.",
        "A right is not in the table of topics: User:feedback Read topic registry.members.v1.",
    ]
    assert summary(await amiss(bus(installation.deployment))) == {("kafka.copies", "", LOOK)}


async def test_what_the_doctor_may_not_see_is_said_and_not_well(installation: Installation) -> None:
    public = replace(
        installation.deployment.kafka, username="public", password=SecretStr("password of public")
    )
    findings = await amiss(bus(replace(installation.deployment, kafka=public)))
    unseen = {
        finding.check for finding in findings if finding.message("en").startswith("Could not look")
    }
    assert {"kafka.policies", "kafka.auto_create", "kafka.access"} <= unseen


async def test_a_bus_open_to_everybody_and_to_typing_errors_is_broken(
    installation: Installation,
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        careless = kafka_module.PROPERTIES.replace("enable=false", "enable=true")
        assert careless != kafka_module.PROPERTIES
        monkeypatch.setattr(kafka_module, "PROPERTIES", careless)
        broker = EmbeddedKafka(installation.folder / "careless")
        await broker.start()
    try:
        await ensure_topics(KafkaServer(broker.bootstrap), TOPICS)
        bare = replace(installation.deployment, kafka=KafkaServer(broker.bootstrap))
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
