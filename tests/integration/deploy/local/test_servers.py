"""The embedded servers keep their data through kills and share it with nobody."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import TopicPartition

from deploy.local import jars
from deploy.local.errors import DataDir, LocalError, reserve_port
from deploy.local.kafka import EmbeddedKafka
from deploy.local.mail_catcher import MailCatcher
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import ServiceProcess
from tests.support.servers import PostgresServer, eventually

PANEL_TIME = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
RUNNER = """
import asyncio, sys
from pathlib import Path
from deploy.local.{module} import {server}

async def main():
    server = {server}(Path(sys.argv[1]))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def kill_family(pid: int) -> None:
    process = psutil.Process(pid)
    for member in (process, *process.children(recursive=True)):
        member.kill()


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres")
    await server.start()
    yield server
    await server.stop()


async def test_postgres_keeps_committed_rows_when_everything_is_killed(
    postgres: EmbeddedPostgres,
) -> None:
    await postgres.ensure_database("kept")
    connection = await asyncpg.connect(postgres.dsn("kept"))
    await connection.execute("CREATE TABLE word AS SELECT 'kept' AS word")
    connection.terminate()

    kill_family(postgres.pid)
    await postgres.stop()
    await postgres.start()

    await postgres.ensure_database("kept")
    connection = await asyncpg.connect(postgres.dsn("kept"))
    assert await connection.fetchval("SELECT word FROM word") == "kept"
    await connection.close()


@pytest.mark.parametrize(
    ("module", "server"), [("postgres", EmbeddedPostgres), ("kafka", EmbeddedKafka)]
)
async def test_a_killed_runner_leaves_no_server_in_the_way(
    module: str, server: type[EmbeddedPostgres | EmbeddedKafka], tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    script = RUNNER.format(module=module, server=server.__name__)
    runner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, directory, stdout=asyncio.subprocess.PIPE
    )
    assert runner.stdout is not None
    orphan = int(await runner.stdout.readline())
    runner.kill()
    await runner.wait()

    successor = server(directory)
    await successor.start()

    assert not is_running(orphan)
    await successor.stop()


async def test_postgres_offers_the_extension_behind_the_contact_ledger(
    postgres_server: PostgresServer,
) -> None:
    await postgres_server.create_database("gist")
    connection = await asyncpg.connect(postgres_server.dsn("gist"))
    await connection.execute("CREATE EXTENSION btree_gist")
    await connection.close()
    await postgres_server.create_database("copy", template="gist")
    connection = await asyncpg.connect(postgres_server.dsn("copy"))
    assert await connection.fetchval("SELECT extname FROM pg_extension WHERE extname ~ 'gist'")

    await postgres_server.drop_database("copy")
    await postgres_server.drop_database("gist")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(postgres_server.dsn("copy"))
    assert connection.is_closed()


async def test_postgres_folds_the_case_of_accented_letters(postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres_server.dsn("postgres"))
    assert await connection.fetchval("SELECT lower('ÉLÈVE')") == "élève"
    await connection.close()


async def test_a_second_runner_on_a_data_directory_is_refused_with_a_sentence(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    second = EmbeddedPostgres(tmp_path / "postgres")
    with pytest.raises(LocalError) as refusal:
        await second.start()
    assert str(refusal.value) == (
        f"The data directory {tmp_path / 'postgres'} is in use by process {os.getpid()}."
    )
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    await connection.close()


def test_a_data_directory_is_free_again_once_its_holder_is_gone(tmp_path: Path) -> None:
    with DataDir(tmp_path), pytest.raises(LocalError, match="in use"):
        DataDir(tmp_path).acquire()
    with DataDir(tmp_path):
        pass


async def test_a_port_in_use_is_named_in_a_sentence(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    other = EmbeddedPostgres(tmp_path / "other", port=postgres.port)
    with pytest.raises(LocalError, match=rf"Port {postgres.port} on 127\.0\.0\.1 is already in"):
        await other.start()


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[EmbeddedKafka]:
    server = EmbeddedKafka(tmp_path / "kafka")
    await server.start()
    yield server
    await server.stop()


async def test_kafka_keeps_its_records_when_killed_and_fetches_nothing_again(
    kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with (
        AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id="relay") as producer,
        producer.transaction(),
    ):
        await producer.send_and_wait("kept", b"record")

    def fetch(*_: object) -> list[Path]:
        raise AssertionError("the jars were fetched before")

    monkeypatch.setattr(jars, "_fetch", fetch)
    os.kill(kafka.pid, signal.SIGKILL)
    await kafka.stop()
    await kafka.start()

    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, isolation_level="read_committed")
    await consumer.start()
    consumer.assign([TopicPartition("kept", 0)])
    await consumer.seek_to_beginning()
    record = await asyncio.wait_for(consumer.getone(), 30)
    assert record.value == b"record"
    await consumer.stop()


async def test_a_topic_is_never_made_by_asking_for_it(kafka_bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    (described,) = await admin.describe_topics(["mistyped"])
    assert described["error_code"] == 3  # unknown topic or partition
    assert "mistyped" not in await admin.list_topics()
    await admin.close()


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Panel usagers <panel@example.org>"
    message["To"] = "Zoé <zoe@example.org>"
    message["Subject"] = "Votre avis sur l'état civil, en quelques minutes, avant l'été prochain"
    message["X-Panel-Kind"] = "invitation"
    message.set_content("Répondez avant l'été.\n")
    message.add_alternative("<p>Répondez avant l'été.</p>", subtype="html")
    return message


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    catcher = MailCatcher(tmp_path / "mail.jsonl", clock=lambda: PANEL_TIME)
    await catcher.start()
    yield catcher
    await catcher.stop()


def journal(catcher: MailCatcher) -> list[dict[str, object]]:
    return [json.loads(line) for line in catcher.journal.read_text().splitlines()]


async def test_each_recipient_of_an_accepted_message_has_a_line_in_the_journal(
    catcher: MailCatcher,
) -> None:
    message = a_message()
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port) as client:
        await client.send_message(message, recipients=["zoe@example.org", "lou@example.org"])
        lines = journal(catcher)
        await client.send_message(message, recipients=["zoe@example.org"])

    assert [line["recipient"] for line in lines] == ["zoe@example.org", "lou@example.org"]
    assert len(journal(catcher)) == 3
    line = lines[0]
    assert set(line) == {"panel_time", "real_time", "recipient", "headers", "text"}
    assert line["panel_time"] == "2026-01-31T09:00:00.000000Z"
    assert datetime.fromisoformat(str(line["real_time"])).utcoffset() is not None
    assert line["text"] == "Répondez avant l'été.\n"
    headers = line["headers"]
    assert isinstance(headers, dict)
    assert headers["X-Panel-Kind"] == "invitation"
    assert headers["Subject"] == message["Subject"]
    assert headers["To"] == "Zoé <zoe@example.org>"


async def test_a_recipient_can_be_refused_as_by_a_real_mail_server(catcher: MailCatcher) -> None:
    async def unknown(recipient: str) -> str | None:
        return "550 5.1.1 unknown" if recipient == "nobody@example.org" else None

    catcher.behaviour = unknown
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port) as client:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
            await client.send_message(a_message(), recipients=["nobody@example.org"])
        await client.send_message(a_message(), recipients=["zoe@example.org"])
    assert refusal.value.recipients[0].code == 550
    assert [line["recipient"] for line in journal(catcher)] == ["zoe@example.org"]


async def test_an_answer_that_never_comes_still_leaves_its_line(catcher: MailCatcher) -> None:
    async def silence(_: str) -> str | None:
        await asyncio.Event().wait()
        return None

    catcher.reply = silence
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port)
    await client.connect()
    client.timeout = 0.2
    with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
        await client.send_message(a_message(), recipients=["zoe@example.org"])
    client.close()
    assert [line["recipient"] for line in journal(catcher)] == ["zoe@example.org"]


async def test_a_service_that_ends_is_restarted_until_it_is_told_to_stop(tmp_path: Path) -> None:
    port = reserve_port(None)
    argv = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    service = ServiceProcess("web", argv, dict(os.environ), tmp_path / "web.log")
    service.start()
    supervision = asyncio.create_task(service.supervise())
    await service.wait_ready(f"http://127.0.0.1:{port}/")

    os.kill(service.pid, signal.SIGKILL)

    async def restarted() -> bool:
        return service.restarts == 1 and service.alive

    await eventually(restarted, "a restart")
    await service.wait_ready(f"http://127.0.0.1:{port}/")
    await service.terminate()
    await supervision
    assert not service.alive


async def test_a_service_that_dies_at_start_is_reported_with_its_last_words(
    tmp_path: Path,
) -> None:
    argv = [sys.executable, "-c", "raise SystemExit('no key is configured')"]
    service = ServiceProcess("registry", argv, dict(os.environ), tmp_path / "registry.log")
    service.start()
    with pytest.raises(LocalError, match="registry ended at start") as report:
        await service.wait_ready(f"http://127.0.0.1:{reserve_port(None)}/")
    assert "no key is configured" in str(report.value)
