"""Settings from environment variables, read when a service starts, never before.

Each service extends `Settings` with its own; a secret has no default.
"""

import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Json,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from services.contracts.http.common import Role
from services.runtime.clock import Clock, SharedClock, SystemClock
from services.runtime.http.staff_tokens import RoleClaim
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.observability.certificates import TlsServer
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text


class WrongSettings(Refusal):
    """`wrong`: a sentence for each missing or unusable variable, never its value."""

    status = 422
    sentence = Text(fr="Des réglages sont à revoir :", en="Settings need attention:")
    way_out = Text(
        fr="docs/configuration.md explique chaque variable.",
        en="docs/configuration.md explains every variable.",
    )

    def details(self, language: Language) -> list[str]:
        return list(self.data["wrong"])


def _is_database_uri(uri: SecretStr) -> SecretStr:
    # asyncpg's own message would quote a part of the URI, hence of the password.
    try:
        parts = urlsplit(uri.get_secret_value())
        _ = parts.port  # raises where it is no number
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(
            "is no postgresql://user:password@host:port/database; in a password, other characters"
            " than letters, digits and -._~ are written as %XX"
        ) from None
    return uri


DatabaseUri = Annotated[SecretStr, AfterValidator(_is_database_uri)]


def _is_web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with https:// or http://")
    _ = parts.port  # raises where it is no number
    return url


WebAddress = Annotated[str, AfterValidator(_is_web_address)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _is_authority(certificates: str) -> str:
    try:
        ssl.create_default_context(cadata=certificates)
    except ssl.SSLError:
        raise ValueError("holds no certificate in PEM form") from None
    return certificates


Authority = Annotated[str, AfterValidator(_is_authority)]


class Variables(EnvSettingsSource):
    """`PANEL_X`, whose name is cited when its text is not the JSON that is expected."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            name = f"{self.env_prefix}{field_name}".upper()
            raise WrongSettings(wrong=[f"{name} must be JSON: {field.description}."]) from None


class SettingsFiles(Variables):
    """`PANEL_X_FILE` names a file that holds what `PANEL_X` would: how containers get secrets."""

    def __call__(self) -> dict[str, Any]:
        values = {}
        for name, field in self.settings_cls.model_fields.items():
            variable = f"{self.env_prefix}{name}_file"
            path = self.env_vars.get(variable.lower())
            if not path:
                continue
            try:
                text = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                sentence = f"{variable.upper()} names {path}, which cannot be read: {reason}."
                raise WrongSettings(wrong=[sentence]) from None
            is_json = self.field_is_complex(field)
            values[name] = self.prepare_field_value(name, field, text, is_json)
        return values


class Environment(BaseSettings):
    """Read from PANEL_ variables, or from the files that they name."""

    # An error about a secret does not cite the secret.
    model_config = SettingsConfigDict(
        env_prefix="PANEL_",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        # An empty variable, as in a file of variables, counts as missing.
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
        return init_settings, Variables(settings_cls), SettingsFiles(settings_cls)


E = TypeVar("E", bound=Environment)


def from_environment(model: type[E]) -> E:
    """Read the environment. Raises WrongSettings."""
    try:
        return model()
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        raise WrongSettings(wrong=[_sentence(model, detail) for detail in details]) from None


def _sentence(model: type[Environment], error: Any) -> str:
    message = error["msg"].removeprefix("Value error, ").rstrip(".")
    if not error["loc"]:
        return f"{message}."
    field = str(error["loc"][0])
    variable = f"{model.model_config['env_prefix']}{field}".upper()
    if error["type"] == "missing":
        return f"{variable} is missing: {model.model_fields[field].description}."
    inside = ".".join(str(part) for part in error["loc"][1:])
    path = f" ({inside})" if inside else ""
    return f"{variable}{path}: {message[:1].lower()}{message[1:]}."


def _are_addresses(text: str) -> str:
    for address in text.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("must be host:port, comma separated")
    return text


class KafkaSettings(Environment):
    kafka_bootstrap: str = Field(description="host:port, comma separated")
    kafka_username: str | None = Field(
        None, description="user name of this service at Kafka, by SASL/SCRAM-SHA-512 over TLS"
    )
    kafka_password: SecretStr | None = Field(None, description="goes with the user name")
    kafka_ca_file: Path | None = Field(
        None, description="authority of the brokers' certificates; none: the system's"
    )

    @field_validator("kafka_bootstrap")
    @classmethod
    def brokers_have_ports(cls, bootstrap: str) -> str:
        return _are_addresses(bootstrap)

    @field_validator("kafka_ca_file")
    @classmethod
    def authority_can_be_used(cls, file: Path | None) -> Path | None:
        if file is not None:
            try:
                ssl.create_default_context(cafile=file)
            except OSError as error:  # ssl's errors are, too
                reason = error.strerror or "it holds no certificate"
                raise ValueError(f"{file} cannot be used: {reason}") from None
        return file

    @model_validator(mode="after")
    def a_user_has_a_password(self) -> Self:
        if (self.kafka_username is None) != (self.kafka_password is None):
            raise ValueError("PANEL_KAFKA_USERNAME and PANEL_KAFKA_PASSWORD go together")
        return self

    def kafka(self) -> KafkaServer:
        return KafkaServer(
            self.kafka_bootstrap, self.kafka_username, self.kafka_password, self.kafka_ca_file
        )


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    BeforeValidator(lambda level: level.upper() if isinstance(level, str) else level),
]


class Settings(KafkaSettings):
    mode: Literal["local", "production"] = Field(
        "production", description="local: settable clock and local issuer are allowed"
    )
    database_dsn: DatabaseUri = Field(description="PostgreSQL connection URI of this service alone")
    database_connections: int = Field(10, ge=2, description="largest number of pooled connections")
    kafka_replication: int = Field(1, ge=1, description="replication factor of the topics created")
    http_host: str = Field("127.0.0.1", description="address to listen on")
    http_port: Port = Field(description="port to listen on")
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of the proxies whose `X-Forwarded-For` and"
        " `X-Forwarded-Proto` are believed, comma separated; none: nobody's",
    )
    requests_per_second: float = Field(
        50,
        gt=0,
        description="requests of one address to pages, and of one person to the staff API,"
        " in the long run; twenty seconds' worth at once",
    )
    issuer: WebAddress = Field(description="OpenID Connect issuer of staff tokens, a URL")
    issuer_authority: Authority | None = Field(
        None,
        description="certificates (PEM) of the authority that signed the issuer's, where it is one"
        " of your own; the system's are trusted too",
    )
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
    log_level: LogLevel = Field("INFO", description="how much is logged")
    watched_certificates: str = Field(
        "",
        description="host:port of TLS servers, comma separated, such as `proxy:8443`, whose"
        " certificates' ends are measured beside the database's and Kafka's",
    )
    clock_file: Path | None = Field(None, description="shared settable clock; local mode only")

    @field_validator("watched_certificates")
    @classmethod
    def watched_servers_have_ports(cls, servers: str) -> str:
        return _are_addresses(servers) if servers else servers

    @field_validator("trusted_proxies")
    @classmethod
    def proxies_are_addresses(cls, proxies: str) -> str:
        for network in proxies.split(",") if proxies else []:
            ip_network(network.strip())
        return proxies

    @model_validator(mode="after")
    def time_is_real_in_production(self) -> Self:
        if self.clock_file and self.mode != "local":
            raise ValueError("PANEL_CLOCK_FILE is for local mode only: in production time is real")
        return self

    def role_claim(self) -> RoleClaim:
        return RoleClaim(self.roles_claim, self.roles_map)

    def tls_servers(self) -> list[TlsServer]:
        """The database, the brokers, and the servers that the operator names."""
        dsn = urlsplit(self.database_dsn.get_secret_value())
        host = dsn.hostname or "localhost"
        servers = [TlsServer(host, dsn.port or 5432, host, postgres=True)]
        brokers = self.kafka_bootstrap if self.kafka_username else ""
        for address in filter(None, f"{brokers},{self.watched_certificates}".split(",")):
            host, _, port = address.strip().rpartition(":")
            servers.append(TlsServer(host, int(port), host))
        return servers

    def clock(self) -> Clock:
        return SharedClock(self.clock_file) if self.clock_file else SystemClock()


class TracedSettings(Settings):
    """Settings of a service whose commands may be traced: all but responses."""

    traces_endpoint: WebAddress | None = Field(
        None,
        description="where traces go, OTLP over HTTP, such as `http://collector:4318/v1/traces`;"
        " none: nothing is traced",
    )
