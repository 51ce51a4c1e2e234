"""Charter check of a panel described by `stack.json`."""

import base64
from typing import TYPE_CHECKING

from deploy.charter_check import check as charter_check
from deploy.charter_check.findings import Finding
from deploy.charter_check.panel import KafkaAccess, Panel
from deploy.local.endpoints import Endpoints, KafkaEndpoint
from deploy.local.errors import TRUSTED
from deploy.local.keys import keys_in
from services.contracts.topics import TOPICS
from services.runtime.clock import SharedClock
from services.runtime.postgres import migrations

if TYPE_CHECKING:
    from deploy.charter_check.database import Connection


async def check(endpoints: Endpoints) -> list[Finding]:
    """Check every promise of this panel."""
    return await charter_check.check(
        Panel(
            instant=SharedClock(endpoints.clock_file).now(),
            dsns={service: endpoints.dsn(service) for service in endpoints.services},
            migrate=migrate,
            kafka=kafka_access(endpoints.kafka),
            topics=[topic.name for topic in TOPICS],
            mail_journal=endpoints.mail_journal,
            logs=sorted(endpoints.logs.glob("*.log")),
            public_site=endpoints.url("feedback"),
            tls=TRUSTED,
            journal_key=_journal_key(endpoints),
        )
    )


def kafka_access(kafka: KafkaEndpoint) -> KafkaAccess:
    password = kafka.password.get_secret_value() if kafka.password else None
    return KafkaAccess(kafka.bootstrap, kafka.username, password, kafka.ca_file)


async def migrate(connection: "Connection", service: str) -> None:
    """Apply a service's migrations to an empty database."""
    await migrations.migrate(connection, migrations.for_service(f"services.{service}"))


def _journal_key(endpoints: Endpoints) -> bytes:
    """The operator's key, not the one that the service publishes."""
    public = keys_in(endpoints.data_dir).journal.as_dict(private=False)["x"]
    return base64.urlsafe_b64decode(f"{public}==")
