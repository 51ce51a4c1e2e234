"""The embedded broker with one listener more, as deployments have it: TLS, SCRAM, grants."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from deploy.kafka.acls import PRINCIPALS, SETUP, grants
from deploy.local import jars
from deploy.local import kafka as kafka_module
from deploy.local.errors import HOST, reserve_port
from deploy.local.kafka import VERSION, EmbeddedKafka, class_path
from services.contracts.topics import TOPICS
from services.runtime.messaging.kafka import KafkaServer, ensure_topics

SECURE_LISTENER = """\
listener.name.secure.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=\
    org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
"""

# With the clients named, or an older release of them is chosen.
TOOLS = (f"org.apache.kafka:kafka-tools:{VERSION}", f"org.apache.kafka:kafka-clients:{VERSION}")

# The listener in clear is for administration; every other client needs a grant.
ACCESS_CONTROL = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:ANONYMOUS
"""

ACLS = "org.apache.kafka.tools.AclCommand"


@asynccontextmanager
async def controlled(folder: Path) -> AsyncIterator[tuple[str, dict[str, KafkaServer]]]:
    """A broker with the grants of a deployment, and its topics made by `setup`: the address at
    which nobody is asked who they are, and how each principal reaches it."""
    folder.mkdir()
    port = reserve_port(None)
    with pytest.MonkeyPatch.context() as monkeypatch:
        authority = secure(monkeypatch, folder, port, ACCESS_CONTROL)
        broker = EmbeddedKafka(folder / "kafka")
        await broker.start()
    try:
        await asyncio.gather(
            *(add_user(broker.bootstrap, name, f"password of {name}") for name in PRINCIPALS)
        )
        await asyncio.gather(
            *(tool(ACLS, broker.bootstrap, *grant.arguments) for grant in grants())
        )
        groups = {
            principal: KafkaServer(
                f"{HOST}:{port}", principal, SecretStr(f"password of {principal}"), authority
            )
            for principal in PRINCIPALS
        }
        await ensure_topics(groups[SETUP], TOPICS)
        yield broker.bootstrap, groups
    finally:
        await broker.stop()


def secure(monkeypatch: pytest.MonkeyPatch, folder: Path, port: int, more: str = "") -> Path:
    """Let the next embedded broker also listen there; returns its authority's certificate."""
    authority, keystore = folder / "authority.pem", folder / "broker.pem"
    certify(HOST, authority, keystore)
    properties = with_secure_listener(port, keystore) + more
    monkeypatch.setattr(kafka_module, "PROPERTIES", properties)
    return authority


def with_secure_listener(port: int, keystore: Path) -> str:
    """The embedded node's properties, with one listener more."""
    properties = kafka_module.PROPERTIES + SECURE_LISTENER.format(keystore=keystore)
    for setting in ("\nlisteners=", "\nadvertised.listeners="):
        properties = properties.replace(setting, f"{setting}SECURE://{HOST}:{port},")
    return properties.replace(".protocol.map=", ".protocol.map=SECURE:SASL_SSL,")


def certify(host: str, authority: Path, keystore: Path) -> None:
    """A certificate that vouches for itself, and the file a broker presents it from."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    ).public_bytes(Encoding.PEM)
    authority.write_bytes(certificate)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keystore.write_bytes(private + certificate)


async def add_user(bootstrap: str, name: str, password: str) -> None:
    change = ("--alter", "--add-config", f"SCRAM-SHA-512=[password={password}]")
    user = ("--entity-type", "users", "--entity-name", name)
    await tool("kafka.admin.ConfigCommand", bootstrap, *change, *user)


async def tool(name: str, bootstrap: str, *arguments: str) -> None:
    """One of Kafka's own: its Python client cannot do these things."""
    paths = os.pathsep.join(map(str, [*class_path(), *jars.fetched("kafka-tools", TOOLS)]))
    child = await asyncio.create_subprocess_exec(
        str(jars.java()),
        "-Xmx64m",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        paths,
        name,
        "--bootstrap-server",
        bootstrap,
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await child.wait() == 0
