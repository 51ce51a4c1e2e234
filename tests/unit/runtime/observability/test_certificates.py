"""When certificates end is measured, as servers show them, on the loop that services run on."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from deploy.bootstrap import Authority
from services.runtime.event_loop import loop_factory
from services.runtime.observability.certificates import CertificateMetrics
from services.runtime.settings import Settings

DAY = 86_400
LIVES = 825 * DAY


def test_the_seconds_left_of_each_server_that_can_be_seen(tmp_path: Path) -> None:
    certified = Authority.new(datetime.now(UTC)).certify(["localhost"])
    (tmp_path / "pem").write_text(certified.key + certified.certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "pem")

    async def expiries() -> dict[str, float]:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async def like_postgres(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(8) == bytes.fromhex("0000000804d2162f")
            writer.write(b"S")
            await writer.start_tls(tls)
            writer.close()

        async with (
            await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=tls) as proxy,
            await asyncio.start_server(like_postgres, "127.0.0.1", 0) as postgres,
        ):
            port, database = (s.sockets[0].getsockname()[1] for s in (proxy, postgres))
            settings = Settings(
                database_dsn=SecretStr(f"postgresql://a:b@127.0.0.1:{database}/a"),
                kafka_bootstrap="127.0.0.1:1",
                kafka_username="registry",
                kafka_password=SecretStr("swordfish"),
                http_port=1,
                issuer="https://issuer.example",
                watched_certificates=f"127.0.0.1:{port}",
            )
            watch = CertificateMetrics(settings.tls_servers())
            await watch.update()
            samples = {s.labels["server"]: s.value for s in watch.samples()}
            assert samples.keys() == {f"127.0.0.1:{port}", f"127.0.0.1:{database}"}
            return samples

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        remaining = runner.run(expiries())
    assert all(LIVES - DAY < seconds <= LIVES for seconds in remaining.values())
