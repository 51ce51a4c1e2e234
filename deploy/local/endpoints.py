"""`stack.json`: the addresses of a running local stack.

Written when all of it is up and removed when it stops, so that every other command finds the stack
by its data directory alone.
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from deploy.backup.postgres_tools import embedded_binaries
from services.runtime.refusal import Refusal
from services.runtime.text import Text

FILE = "stack.json"
SERVICES = ("registry", "campaigns", "responses", "feedback")


class StackNotRunning(Refusal):
    sentence = Text(
        fr="Aucun panel ne tourne dans {directory}.", en="No panel is running in {directory}."
    )
    way_out = Text(
        fr="Démarrez-le avec « panel up », ou indiquez son répertoire avec --data-dir.",
        en="Start it with `panel up`, or name its directory with --data-dir.",
    )


class NoEmbeddedServers(Refusal):
    """The images of a deployment are built without the packages of the group `local`."""

    status = 422
    sentence = Text(
        fr="Cette commande concerne un panel local, dont cette image ne contient pas les serveurs.",
        en="This command is about a local panel, whose servers this image does not contain.",
    )
    way_out = Text(
        fr="Pour un déploiement : « doctor --deployed » ; « backup » et « restore » avec les"
        " variables PANEL_BACKUP_… ; « journal verify » ; pour le reste, la console et ses"
        " commandes.",
        en="For a deployment: `doctor --deployed`; `backup` and `restore` with the PANEL_BACKUP_…"
        " variables; `journal verify`; the console and its commands for everything else.",
    )


def require_embedded_servers() -> None:
    """Raises NoEmbeddedServers where a stack could not be started."""
    if embedded_binaries() is None:
        raise NoEmbeddedServers


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServiceEndpoint(_Part):
    url: str
    pid: int


class KafkaEndpoint(_Part):
    """In clear on one machine; SASL over TLS with a user in the trial of a deployment."""

    bootstrap: str
    pid: int
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None


class PostgresEndpoint(_Part):
    pid: int
    dsns: dict[str, str]


class SmtpEndpoint(_Part):
    host: str
    port: int


class IssuerEndpoint(_Part):
    url: str


class Endpoints(_Part):
    """All addresses of a local stack; they contain the databases' password."""

    runner_pid: int
    data_dir: Path
    services: dict[str, ServiceEndpoint]
    kafka: KafkaEndpoint
    postgres: PostgresEndpoint
    smtp: SmtpEndpoint
    issuer: IssuerEndpoint
    mail_journal: Path
    clock_file: Path
    logs: Path

    def url(self, service: str) -> str:
        return self.services[service].url

    def dsn(self, service: str) -> str:
        return self.postgres.dsns[service]

    def write(self) -> None:
        """Write the file atomically."""
        draft = self.data_dir / f"{FILE}.new"
        draft.touch(mode=0o600)
        draft.write_text(self.model_dump_json(indent=2))
        draft.replace(self.data_dir / FILE)

    def remove(self) -> None:
        (self.data_dir / FILE).unlink(missing_ok=True)


def read(data_dir: Path) -> Endpoints:
    """Read the endpoints of a running stack. Raises StackNotRunning, NoEmbeddedServers."""
    try:
        endpoints = Endpoints.model_validate_json((data_dir / FILE).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError) as error:
        require_embedded_servers()
        raise StackNotRunning(directory=data_dir) from error
    if not process_exists(endpoints.runner_pid):
        raise StackNotRunning(directory=data_dir)
    return endpoints


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
