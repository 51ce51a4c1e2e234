"""A local panel as the doctor sees it."""

from pydantic import SecretStr

from deploy.doctor.deployment import MAIL_TIMEOUT_SECONDS, Deployment
from deploy.local.endpoints import Endpoints
from deploy.local.issuer import PEOPLE, mint
from deploy.local.keys import keys_in
from services.registry.deliveries.smtp import MailServer
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.settings import Settings

SENDER = "panel@example.org"


def deployment(found: Endpoints) -> Deployment:
    kafka = found.kafka
    return Deployment(
        local=True,
        databases={name: SecretStr(dsn) for name, dsn in found.postgres.dsns.items()},
        database_connections=Settings.model_fields["database_connections"].default,
        kafka=KafkaServer(kafka.bootstrap, kafka.username, kafka.password, kafka.ca_file),
        services={name: service.url for name, service in found.services.items()},
        sites=(),
        proxy=None,
        mail=MailServer(found.smtp.host, found.smtp.port, MAIL_TIMEOUT_SECONDS),
        sender=SENDER,
        mail_queue_hours=None,
        issuer=found.issuer.url,
        token=SecretStr(mint(keys_in(found.data_dir).issuer, found.issuer.url, PEOPLE[0])),
    )
