"""Description of the deployment to examine: addresses and credentials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, Json, SecretStr

from services.contracts.http.common import Role
from services.registry.deliveries.smtp import MailServer
from services.registry.settings import MailSettings
from services.runtime.http.staff_tokens import RoleClaim
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.settings import Authority, DatabaseUri, KafkaSettings, WebAddress

MAIL_TIMEOUT_SECONDS = 10.0


def machine_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Deployment:
    local: bool
    """On one machine for one person: in clear, one database role, one broker are then well."""
    databases: Mapping[str, SecretStr]
    """Service → connection URI of the role that it runs as."""
    database_connections: int
    kafka: KafkaServer
    services: Mapping[str, str]
    """Service → address inside; every replica answers under the one name."""
    sites: tuple[str, ...]
    """Public addresses, as members' browsers see them."""
    proxy: str | None
    """host:port that answers for the sites, where their names lead elsewhere from here."""
    mail: MailServer
    sender: str
    mail_queue_hours: float | None
    """What the operator says of the smart host; none: nobody has said."""
    issuer: str
    issuer_authority: str | None = None
    audience: str = "panel"
    role_claim: RoleClaim = field(default_factory=RoleClaim)
    token: SecretStr | None = None
    """An access token to look at, as somebody's console was given it."""
    renewable: bool = False
    """Whether the issuer also gave what renews it."""
    clock: Callable[[], datetime] = machine_time


class DoctorSettings(MailSettings, KafkaSettings):
    """Settings of `panel doctor --deployed`, from its container's environment."""

    mode: Literal["local", "production"] = Field(
        "production", description="as the services' own setting"
    )
    registry_database_dsn: DatabaseUri = Field(description="as registry's `PANEL_DATABASE_DSN`")
    campaigns_database_dsn: DatabaseUri = Field(description="as campaigns' `PANEL_DATABASE_DSN`")
    responses_database_dsn: DatabaseUri = Field(description="as responses' `PANEL_DATABASE_DSN`")
    feedback_database_dsn: DatabaseUri = Field(description="as feedback's `PANEL_DATABASE_DSN`")
    database_connections: int = Field(10, ge=2, description="as the services' own setting")
    issuer: WebAddress = Field(description="as the services' own setting")
    issuer_authority: Authority | None = Field(None, description="as the services' own setting")
    audience: str = Field("panel", description="as the services' own setting")
    roles_claim: str = Field("roles", description="as the services' own setting")
    roles_map: Json[dict[str, list[Role]]] | None = Field(
        None, description="as the services' own setting"
    )
    service_addresses: dict[str, WebAddress] = Field(
        description="service → address inside, such as"
        ' `{"registry": "http://registry:8000"}`; every replica behind the name is asked'
    )
    sites: tuple[WebAddress, ...] = Field(
        (), description='public addresses, such as `["https://members.panel.example.org"]`'
    )
    proxy: str | None = Field(
        None, description="host:port that answers for them here; none: their own names"
    )
    mail_queue_hours: float | None = Field(
        None,
        gt=0,
        description="after how many hours the smart host gives a message up, by its"
        " configuration; four at most, or a message may arrive after its days",
    )

    def deployment(self) -> Deployment:
        password = self.smtp_password
        return Deployment(
            local=self.mode == "local",
            databases={
                "registry": self.registry_database_dsn,
                "campaigns": self.campaigns_database_dsn,
                "responses": self.responses_database_dsn,
                "feedback": self.feedback_database_dsn,
            },
            database_connections=self.database_connections,
            kafka=self.kafka(),
            services=self.service_addresses,
            sites=self.sites,
            proxy=self.proxy,
            mail=MailServer(
                self.smtp_host,
                self.smtp_port,
                min(self.smtp_timeout_seconds, MAIL_TIMEOUT_SECONDS),
                self.smtp_username,
                password.get_secret_value() if password else None,
            ),
            sender=self.mail_from,
            mail_queue_hours=self.mail_queue_hours,
            issuer=self.issuer,
            issuer_authority=self.issuer_authority,
            audience=self.audience,
            role_claim=RoleClaim(self.roles_claim, self.roles_map),
        )
