"""Kafka: topics, policies, access rights and broker settings, compared with the contract."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import (
    ApiVersionRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
)
from aiokafka.protocol.metadata import MetadataRequest

from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import (
    COULD_NOT_LOOK,
    TROUBLE,
    Finding,
    Findings,
    broken,
    out_of_reach,
    warn,
    well,
)
from deploy.kafka import acls
from services.contracts.topics import TOPICS, Topic
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.text import Text

REPLICAS, IN_SYNC = 3, 2
_TOPIC, _BROKER = 2, 4
_FETCH = 1
_NO_AUTHORIZER = 54
_REQUEST_MS = 10_000

_REACHED = Text(fr="Kafka répond.", en="Kafka answers.")
_VERSION = Text(fr="Kafka 4 ou plus récent.", en="Kafka 4 or newer.")
_OLD = Text(
    fr="Kafka est antérieur à la version 4, la plus ancienne qui ait été essayée.",
    en="Kafka is older than version 4, the oldest that was tested.",
)
_UPGRADE = Text(fr="Mettez Kafka à jour.", en="Upgrade Kafka.")
_TOPICS = Text(fr="Les {count} sujets existent.", en="The {count} topics exist.")
_NO_TOPIC = Text(fr="Le sujet n'existe pas.", en="The topic does not exist.")
_HEADLESS = Text(
    fr="Des partitions n'ont pas de chef : rien ne peut y être écrit ni lu.",
    en="Partitions have no leader: they can be neither written nor read.",
)
_SETUP = Text(
    fr="Lancez le « setup » de {producer}, qui crée ses sujets et rétablit leurs règles.",
    en="Run the `setup` of {producer}, which creates its topics and restores their policies.",
)
_BROKERS = Text(
    fr="Un nœud manque : regardez les journaux de Kafka.",
    en="A node is missing: look at Kafka's logs.",
)
_POLICIES = Text(
    fr="Chaque sujet garde ses messages comme prévu.", en="Each topic keeps its messages as agreed."
)
_POLICY = Text(
    fr="{setting} vaut {found} au lieu de {wanted}.", en="{setting} is {found} instead of {wanted}."
)
_REPLICATED = Text(
    fr="Chaque sujet a {replicas} copies au moins, dont {in_sync} à jour.",
    en="Each topic has at least {replicas} copies, {in_sync} of them in sync.",
)
_ONE_COPY_LOCALLY = Text(
    fr="Il n'y a qu'une copie de chaque sujet, ce qu'un panel local peut se permettre.",
    en="There is one copy of each topic, which is enough for a local panel.",
)
_FEW_COPIES = Text(
    fr="Des sujets n'ont que {copies} copie(s) : {topics}.",
    en="Topics with only {copies} copies: {topics}.",
)
_THREE = Text(
    fr="En production, trois nœuds et PANEL_KAFKA_REPLICATION=3 ; réaffectez les sujets existants.",
    en="In production, three nodes and PANEL_KAFKA_REPLICATION=3; reassign the existing topics.",
)
_ONE_IN_SYNC = Text(
    fr="Un message est tenu pour écrit quand une seule copie l'a ({topics}).",
    en="A message counts as written when a single copy has it ({topics}).",
)
_TWO_IN_SYNC = Text(
    fr="Mettez min.insync.replicas à 2 sur les nœuds.",
    en="Set min.insync.replicas to 2 on the nodes.",
)
_ON_PURPOSE = Text(
    fr="Un nom mal orthographié ne crée pas de sujet.", en="A misspelt name creates no topic."
)
_BY_MISTAKE = Text(
    fr="Un nom mal orthographié crée un sujet (auto.create.topics.enable).",
    en="A misspelt name creates a topic (auto.create.topics.enable).",
)
_DISABLE = Text(
    fr="Mettez auto.create.topics.enable à false sur les nœuds.",
    en="Set auto.create.topics.enable to false on the nodes.",
)
_ACCESS = Text(
    fr="Les droits d'accès sont exactement ceux du tableau des sujets.",
    en="Access rights are exactly those of the table of topics.",
)
_ACCESS_OPEN_LOCALLY = Text(
    fr="Kafka ne connaît pas de droits d'accès, ce qu'un panel local peut se permettre.",
    en="Kafka has no access rights, which is acceptable for a local panel.",
)
_ACCESS_OPEN = Text(
    fr="Kafka ne connaît pas de droits d'accès : chacun lit et écrit tout.",
    en="Kafka has no access rights: everybody reads and writes everything.",
)
_AUTHORIZER = Text(
    fr="Donnez aux nœuds un « authorizer », puis lancez deploy/kafka/acls.sh.",
    en="Give the nodes an authorizer, then run deploy/kafka/acls.sh.",
)
_RIGHT_MISSING = Text(fr="Il manque le droit : {right}.", en="A right is missing: {right}.")
_ACLS = Text(fr="Lancez deploy/kafka/acls.sh.", en="Run deploy/kafka/acls.sh.")
_RIGHT_BEYOND = Text(
    fr="Un droit n'est pas dans le tableau des sujets : {right}.",
    en="A right is not in the table of topics: {right}.",
)
_REMOVE = Text(
    fr="Retirez-le (kafka-acls --remove), ou ajoutez au tableau qui le mérite.",
    en="Remove it (kafka-acls --remove), or add to the table whoever should have it.",
)
_MAY_LOOK = Text(
    fr="Donnez à l'utilisateur « setup » les droits de deploy/kafka/acls.sh.",
    en="Give the user `setup` the rights of deploy/kafka/acls.sh.",
)


class _Operation(IntEnum):
    """Kafka's operation codes (org.apache.kafka.common.acl.AclOperation)."""

    All = 2
    Read = 3
    Write = 4
    Create = 5
    Delete = 6
    Alter = 7
    Describe = 8
    ClusterAction = 9
    DescribeConfigs = 10
    AlterConfigs = 11
    IdempotentWrite = 12
    CreateTokens = 13
    DescribeTokens = 14
    TwoPhaseCommit = 15


_THINGS = {
    2: "topic",
    3: "group",
    4: "cluster",
    5: "transactional-id",
    6: "delegation-token",
    7: "user",
}
_PREFIXED = 4
_ANY = 1
_ALLOW = 3


class Right(NamedTuple):
    principal: str
    operation: str
    kind: str
    name: str
    prefixed: bool = False
    host: str = "*"
    allowed: bool = True

    def __str__(self) -> str:
        text = f"{self.principal} {self.operation} {self.kind} {self.name}"
        text += "*" if self.prefixed else ""
        text += "" if self.host == "*" else f" ({self.host})"
        return text if self.allowed else f"{text} (deny)"


def wanted_rights() -> set[Right]:
    return {
        Right(f"User:{grant.principal}", operation, kind, name, grant.prefixed)
        for grant in acls.grants()
        for operation in grant.operations
        for kind, name in grant.things
    }


async def bus(deployment: Deployment, topics: Sequence[Topic] = TOPICS) -> Findings:
    try:
        async with _client(deployment.kafka) as client:
            yield well("kafka.reached", "", _REACHED)
            yield await _version(client)
            async for finding in _topics(client, topics, deployment.local):
                yield finding
            yield await _auto_create(client)
            async for finding in _access(client, deployment.local):
                yield finding
    except TROUBLE as error:
        yield out_of_reach("kafka.reached", "", error)


@asynccontextmanager
async def _client(server: KafkaServer) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(**server.options(), request_timeout_ms=_REQUEST_MS)
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


async def _send(client: AIOKafkaClient, request: Any, node: int | None = None) -> Any:
    return await client.send(client.get_random_node() if node is None else node, request)


async def _version(client: AIOKafkaClient) -> Finding:
    """Infer the major version from the API versions, as brokers do not report it."""
    answer = await _send(client, ApiVersionRequest())
    oldest = {key: lowest for key, lowest, _ in answer.api_versions}
    # Kafka 4.0 dropped what came before (KIP-896).
    if oldest[_FETCH] >= 4:
        return well("kafka.version", "", _VERSION)
    return warn("kafka.version", "", _OLD, _UPGRADE)


async def _topics(client: AIOKafkaClient, topics: Sequence[Topic], local: bool) -> Findings:
    answer = await _send(client, MetadataRequest([topic.name for topic in topics]))
    described = {topic["topic"]: topic for topic in answer.to_object()["topics"]}
    there = []
    for topic in topics:
        description = described[topic.name]
        if not description["partitions"]:
            yield broken("kafka.topics", topic.name, _NO_TOPIC, _SETUP, producer=topic.producer)
            continue
        there.append(topic)
        if any(partition["leader"] < 0 for partition in description["partitions"]):
            yield broken("kafka.topics", topic.name, _HEADLESS, _BROKERS)
    if len(there) == len(topics):
        yield well("kafka.topics", "", _TOPICS, count=len(topics))
    if not there:
        return
    resources = [(_TOPIC, topic.name, None) for topic in there]
    configured = await _send(client, DescribeConfigsRequest(resources, include_synonyms=False))
    settings: dict[str, dict[str, str]] = {}
    for code, _, _, name, entries in configured.resources:
        if code:
            why = for_code(code).__name__
            yield warn("kafka.policies", name, COULD_NOT_LOOK, _MAY_LOOK, why=why)
        else:
            settings[name] = {entry[0]: entry[1] for entry in entries}
    described_topics = [topic for topic in there if topic.name in settings]
    wrong = [
        broken(
            "kafka.policies",
            topic.name,
            _POLICY,
            _SETUP,
            setting=setting,
            found=settings[topic.name].get(setting),
            wanted=policy_value,
            producer=topic.producer,
        )
        for topic in described_topics
        for setting, policy_value in topic.policy.items()
        if settings[topic.name].get(setting) != policy_value
    ]
    for finding in wrong:
        yield finding
    if described_topics and not wrong:
        yield well("kafka.policies", "", _POLICIES)
    copies = {
        topic.name: min(
            len(partition["replicas"]) for partition in described[topic.name]["partitions"]
        )
        for topic in there
    }
    in_sync = {
        topic.name: int(settings[topic.name]["min.insync.replicas"]) for topic in described_topics
    }
    for finding in _copies(copies, in_sync, local):
        yield finding


def _copies(copies: dict[str, int], in_sync: dict[str, int], local: bool) -> Iterable[Finding]:
    check = "kafka.copies"
    if local and set(copies.values()) == {1}:
        yield well(check, "", _ONE_COPY_LOCALLY)
        return
    few = defaultdict(list)
    for topic, count in copies.items():
        if count < REPLICAS:
            few[count].append(topic)
    for count, topics in few.items():
        yield warn(check, "", _FEW_COPIES, _THREE, copies=count, topics=_abbreviated(topics))
    loose = [t for t, least in in_sync.items() if least < IN_SYNC and copies[t] >= REPLICAS]
    if loose:
        yield warn(check, "", _ONE_IN_SYNC, _TWO_IN_SYNC, topics=_abbreviated(loose))
    if not few and not loose:
        yield well(check, "", _REPLICATED, replicas=REPLICAS, in_sync=IN_SYNC)


def _abbreviated(names: list[str]) -> str:
    return ", ".join([*sorted(names)[:3], *(["…"] if names[3:] else [])])


async def _auto_create(client: AIOKafkaClient) -> Finding:
    check, setting = "kafka.auto_create", "auto.create.topics.enable"
    for broker in client.cluster.brokers():
        request = DescribeConfigsRequest([(_BROKER, str(broker.nodeId), [setting])], False)
        ((code, _, _, _, entries),) = (await _send(client, request, broker.nodeId)).resources
        if code:
            return warn(check, "", COULD_NOT_LOOK, _MAY_LOOK, why=for_code(code).__name__)
        if {entry[0]: entry[1] for entry in entries}.get(setting) != "false":
            return broken(check, f"{broker.host}:{broker.port}", _BY_MISTAKE, _DISABLE)
    return well(check, "", _ON_PURPOSE)


async def _access(client: AIOKafkaClient, local: bool) -> Findings:
    check = "kafka.access"
    every = DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY)
    answer = await _send(client, every)
    if answer.error_code == _NO_AUTHORIZER:
        if local:
            yield well(check, "", _ACCESS_OPEN_LOCALLY)
        else:
            yield broken(check, "", _ACCESS_OPEN, _AUTHORIZER)
        return
    if answer.error_code:
        why = for_code(answer.error_code).__name__
        yield warn(check, "", COULD_NOT_LOOK, _MAY_LOOK, why=why)
        return
    description = {
        Right(
            principal,
            _operation_name(operation),
            _THINGS.get(kind, str(kind)),
            name,
            pattern == _PREFIXED,
            host,
            permission == _ALLOW,
        )
        for kind, name, pattern, entries in answer.resources
        for principal, host, operation, permission in entries
    }
    rights = wanted_rights()
    for right in sorted(rights - description):
        yield broken(check, right.principal, _RIGHT_MISSING, _ACLS, right=right)
    for right in sorted(description - rights):
        yield broken(check, right.principal, _RIGHT_BEYOND, _REMOVE, right=right)
    if description == rights:
        yield well(check, "", _ACCESS)


def _operation_name(operation: int) -> str:
    try:
        return _Operation(operation).name
    except ValueError:
        return str(operation)
