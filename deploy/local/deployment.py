"""Description of a local panel for the doctor."""

from pydantic import SecretStr

from deploy.doctor.deployment import MAIL_TIMEOUT_SECONDS, Deployment
from deploy.local.endpoints import Endpoints
from deploy.local.issuer import PEOPLE, mint
from deploy.local.keys import keys_in
from services.registry.deliveries.smtp import MailServer
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.settings import Settings

SENDER = "panel@example.org"


def deployment(endpoints: Endpoints) -> Deployment:
    kafka = endpoints.kafka
    return Deployment(
        local=True,
        databases={name: SecretStr(dsn) for name, dsn in endpoints.postgres.dsns.items()},
        database_connections=Settings.model_fields["database_connections"].default,
        kafka=KafkaServer(kafka.bootstrap, kafka.username, kafka.password, kafka.ca_file),
        services={name: service.url for name, service in endpoints.services.items()},
        sites=(),
        proxy=None,
        mail=MailServer(endpoints.smtp.host, endpoints.smtp.port, MAIL_TIMEOUT_SECONDS),
        sender=SENDER,
        mail_queue_hours=None,
        issuer=endpoints.issuer.url,
        token=SecretStr(mint(keys_in(endpoints.data_dir).issuer, endpoints.issuer.url, PEOPLE[0])),
    )
