"""What an operator configures, read from environment variables when a service starts, never before.

Each service extends `Settings` with what it alone needs; a secret has no default.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    Json,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from services.contracts.http.common import Role
from services.runtime.auth import RoleClaim
from services.runtime.broker import KafkaServer
from services.runtime.clock import Clock, SharedClock, SystemClock


def _is_database_uri(given: SecretStr) -> SecretStr:
    """Checked here, as who connects by it would show what is wrong, hence part of a password."""
    try:
        parts = urlsplit(given.get_secret_value())
        _ = parts.port  # raises where it is no number
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(
            "is no postgresql://user:password@host:port/database; in a password, other characters"
            " than letters, digits and -._~ are written as %XX"
        ) from None
    return given


DatabaseUri = Annotated[SecretStr, AfterValidator(_is_database_uri)]


class SettingsFiles(EnvSettingsSource):
    """`PANEL_X_FILE` names a file that holds what `PANEL_X` would: how containers get secrets."""

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name in self.settings_cls.model_fields:
            path = self.env_vars.get(f"{self.env_prefix}{name}_file".lower())
            if path:
                found[name] = Path(path).read_text().strip()
        return found


class Environment(BaseSettings):
    """Read from PANEL_ variables, or from the files that they name."""

    # What is wrong with a secret is said without the secret.
    model_config = SettingsConfigDict(
        env_prefix="PANEL_",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        # A variable that is there and empty, as in a file of variables, says nothing.
        env_ignore_empty=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SettingsFiles(settings_cls)


class KafkaSettings(Environment):
    kafka_bootstrap: str = Field(description="host:port, comma separated")
    kafka_username: str | None = Field(
        None, description="who this service is to Kafka, by SASL/SCRAM-SHA-512 over TLS"
    )
    kafka_password: SecretStr | None = Field(None, description="goes with the user name")
    kafka_ca_file: Path | None = Field(
        None, description="authority of the brokers' certificates; none: the system's"
    )

    @model_validator(mode="after")
    def a_user_has_a_password(self) -> Self:
        if (self.kafka_username is None) != (self.kafka_password is None):
            raise ValueError("PANEL_KAFKA_USERNAME and PANEL_KAFKA_PASSWORD go together")
        return self

    def kafka(self) -> KafkaServer:
        return KafkaServer(
            self.kafka_bootstrap, self.kafka_username, self.kafka_password, self.kafka_ca_file
        )


class Settings(KafkaSettings):
    mode: Literal["local", "production"] = Field(
        "production", description="local: settable clock and local issuer are allowed"
    )
    database_dsn: DatabaseUri = Field(description="PostgreSQL connection URI of this service alone")
    database_connections: int = Field(10, ge=2, description="largest number of pooled connections")
    kafka_replication: int = Field(1, description="replication factor of the topics created")
    http_host: str = Field("127.0.0.1", description="address to listen on")
    http_port: int = Field(description="port to listen on")
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of the proxies whose `X-Forwarded-For` and"
        " `X-Forwarded-Proto` are believed, comma separated; none: nobody's",
    )
    requests_per_second: float = Field(
        50,
        gt=0,
        description="what one address may ask of pages, and one person of the staff's interfaces,"
        " in the long run; twenty seconds' worth at once",
    )
    issuer: str = Field(description="OpenID Connect issuer of staff tokens, a URL")
    audience: str = Field("panel", description="audience that staff tokens must carry")
    roles_claim: str = Field(
        "roles",
        description="claim that lists a person's roles, or the path to it: `realm_access.roles`",
    )
    roles_map: Json[dict[str, list[Role]]] | None = Field(
        None,
        description="which of our roles each of the issuer's gives, such as"
        ' `{"panel-officers": ["campaigns"]}`; none: the issuer uses our words',
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    clock_file: Path | None = Field(None, description="shared settable clock; local mode only")

    @field_validator("trusted_proxies")
    @classmethod
    def proxies_are_addresses(cls, proxies: str) -> str:
        for one in proxies.split(",") if proxies else []:
            ip_network(one.strip())
        return proxies

    @model_validator(mode="after")
    def time_is_real_in_production(self) -> Self:
        if self.clock_file and self.mode != "local":
            raise ValueError("PANEL_CLOCK_FILE is for local mode only: in production time is real")
        return self

    def role_claim(self) -> RoleClaim:
        return RoleClaim(self.roles_claim, self.roles_map)

    def clock(self) -> Clock:
        return SharedClock(self.clock_file) if self.clock_file else SystemClock()


class TracedSettings(Settings):
    """Of a service whose commands may be traced: all but responses."""

    traces_endpoint: str | None = Field(
        None,
        description="where traces go, OTLP over HTTP, such as `http://collector:4318/v1/traces`;"
        " none: nothing is traced",
    )
