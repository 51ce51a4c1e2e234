"""Embedded Apache Kafka: one node, with Java from a wheel and jars fetched once."""

import asyncio
import base64
import os
import re
import shutil
import signal
import subprocess
import uuid
from pathlib import Path
from time import monotonic

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError

from deploy.local import children, jars
from deploy.local.errors import (
    HOST,
    DataDir,
    LocalError,
    readable_disk_errors,
    require_room,
    reserve_port,
)
from services.runtime.text import Text

VERSION = "4.3.1"
# kafka-clients is named because Maven's nearest-wins rule would pick an older one, which makes
# the server die of NoSuchMethodError; log4j because the server does not depend on a logger.
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    f"org.apache.kafka:kafka-clients:{VERSION}",
    "org.apache.logging.log4j:log4j-core:2.25.3",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.3",
)
JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    # Kafka still uses what a newer Java warns about.
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)
READY_WITHIN = 90.0
STOP_WITHIN = 20.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
# Topics are made with their policies by the services' admin step, never by a typing error.
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A single node has nobody to wait for.
group.initial.rebalance.delay.ms=0
"""

# The same node without its broker, for `_give_up_killed_broker`.
CONTROLLER_ONLY = """\
process.roles=controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=CONTROLLER://{host}:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT
log.dirs={logs}
broker.session.timeout.ms=500
broker.heartbeat.interval.ms=100
"""

LOGGING = """\
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""
CONTROLLER_LOGGING = f"""{LOGGING}\
logger.controller.name=org.apache.kafka.controller
logger.controller.level=info
"""
CONTROLLER_IS_ACTIVE = "Performing controller activation"
BROKER_STANDING = re.compile(r"\bfenced=(0|1|false|true)\b")


class EmbeddedKafka:
    """One KRaft node (broker and controller) on one data directory."""

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        self.log = data_dir.absolute() / "kafka.log"
        self._dir = DataDir(data_dir)
        self._properties = self._dir.path / "server.properties"
        self._logging = self._dir.path / "log4j2.properties"
        self._logs = self._dir.path / "logs"
        self._pid_file = self._dir.path / "kafka.pid"
        self._wanted_port = port
        self._port: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        if self._port is None:
            raise RuntimeError("Kafka has not been started")
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        if self._server is None:
            raise RuntimeError("Kafka has not been started")
        return self._server.pid

    async def start(self) -> None:
        """Return once the broker and both coordinators answer."""
        self._dir.acquire()
        try:
            with readable_disk_errors(self._dir.path):
                require_room(self._dir.path)
                await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let it flush and end; harmless when not started."""
        try:
            if self._server is not None:
                await children.stop(self._server, signal.SIGTERM, STOP_WITHIN)
                self._pid_file.unlink(missing_ok=True)
        finally:
            self._server = None
            self._dir.release()

    async def _start(self) -> None:
        kafka = await asyncio.to_thread(class_path)
        java = _java_command(kafka, self._logging)
        await self._stop_survivor()
        # The same port again after a restart, so that clients of a restarted server find it.
        self._port = reserve_port(self._port or self._wanted_port)
        self._logging.write_text(LOGGING)
        self._properties.write_text(
            PROPERTIES.format(
                host=HOST, port=self._port, controller_port=reserve_port(None), logs=self._logs
            )
        )
        if not (self._logs / "bootstrap.checkpoint").exists():
            await self._format(java)
        elif not (self._logs / ".kafka_cleanshutdown").exists():
            await self._give_up_killed_broker(kafka)
        self._server = children.spawn(
            [*java, "kafka.Kafka", self._properties],
            log=self.log,
            cwd=self._dir.path,
            death_signal=signal.SIGTERM,
        )
        self._pid_file.write_text(str(self._server.pid))
        await self._wait_ready(self._server)

    async def _format(self, java: list[str | Path]) -> None:
        """Once; whatever an interrupted attempt left is removed, as it can hold no record."""
        if self._logs.exists():
            shutil.rmtree(self._logs)
        format_storage = ("kafka.tools.StorageTool", "format", f"--cluster-id={_cluster_id()}")
        await children.run(
            [*java, *format_storage, "--config", self._properties],
            log=self.log,
            purpose=Text(fr="formatage du stockage de Kafka", en="formatting Kafka's storage"),
            cwd=self._dir.path,
        )

    async def _give_up_killed_broker(self, kafka: list[Path]) -> None:
        """After a kill, let the controller alone first record that the broker is gone.

        Otherwise the new broker believes the old metadata for a moment, in which it leads every
        partition and coordinates every transaction; then its earlier self expires, and a
        transaction committed just before the kill can lose its marker ("partitions are likely
        deleted"). Its records stay hidden from read_committed consumers: seen in 4 restarts of 10.
        """
        logging = self._dir.path / "controller.log4j2.properties"
        properties = self._dir.path / "controller.properties"
        log = self._dir.path / "controller.log"
        logging.write_text(CONTROLLER_LOGGING)
        properties.write_text(
            CONTROLLER_ONLY.format(host=HOST, controller_port=reserve_port(None), logs=self._logs)
        )
        log.unlink(missing_ok=True)
        controller = children.spawn(
            [*_java_command(kafka, logging), "kafka.Kafka", properties], log=log, cwd=self._dir.path
        )
        deadline = monotonic() + READY_WITHIN
        try:
            while not _has_given_up_broker(log.read_text(errors="replace")):
                if controller.poll() is not None or monotonic() > deadline:
                    raise LocalError(
                        Text(
                            fr="Kafka n'a pas pu reprendre après avoir été tué.",
                            en="Kafka could not recover from having been killed.",
                        ),
                        log,
                    )
                await asyncio.sleep(5 * children.POLL)
        finally:
            await children.stop(controller, signal.SIGTERM, STOP_WITHIN)

    async def _stop_survivor(self) -> None:
        if self._pid_file.exists():
            pid = int(self._pid_file.read_text())
            await children.stop_survivor(pid, self._properties, signal.SIGTERM)

    async def _wait_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = monotonic() + READY_WITHIN
        while not await answers(self.bootstrap):
            if server.poll() is not None:
                raise LocalError(
                    Text(
                        fr=f"Kafka s'est arrêté au démarrage ({server.returncode}).",
                        en=f"Kafka ended at start ({server.returncode}).",
                    ),
                    self.log,
                )
            if monotonic() > deadline:
                raise LocalError(
                    Text(
                        fr=f"Kafka n'a pas répondu en {READY_WITHIN:.0f} secondes.",
                        en=f"Kafka did not answer within {READY_WITHIN:.0f} seconds.",
                    ),
                    self.log,
                )
            await asyncio.sleep(5 * children.POLL)


async def answers(bootstrap: str) -> bool:
    """Whether metadata and both coordinators respond; the first request creates their topics.

    Otherwise the first client gets "coordinator not available", which is not fatal but costs every
    first consumer and relay a round of retries.
    """
    host, _, port = bootstrap.rpartition(":")
    try:
        # First a bare connection: the client logs every refused one as an error.
        _, probe = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    probe.close()
    await probe.wait_closed()
    client = AIOKafkaClient(bootstrap_servers=bootstrap, client_id="readiness")
    try:
        await client.bootstrap()
        for coordinator in (CoordinationType.GROUP, CoordinationType.TRANSACTION):
            await client.coordinator_lookup(coordinator, "readiness")
    except KafkaError:
        return False
    finally:
        await client.close()
    return True


def class_path() -> list[Path]:
    """Kafka's jars, fetched into the user's cache if this is the first time."""
    return jars.fetched(f"kafka-{VERSION}", COORDINATES)


def _has_given_up_broker(controller_log: str) -> bool:
    """Whether the controller is active and has fenced the broker, if it ever registered."""
    standings = BROKER_STANDING.findall(controller_log)
    return CONTROLLER_IS_ACTIVE in controller_log and (
        not standings or standings[-1] in ("1", "true")
    )


def _java_command(class_path: list[Path], logging: Path) -> list[str | Path]:
    paths = os.pathsep.join(map(str, class_path))
    return [jars.java(), *JVM, f"-Dlog4j2.configurationFile={logging}", "-cp", paths]


def _cluster_id() -> str:
    """Kafka's form of a UUID; one that began with a dash would be read as an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith(
        "-"
    ):
        continue
    return text
