"""`stack.json`: where everything of a running local stack answers.

Written when all of it is up and removed when it stops, so that every other command finds the stack
by its data directory alone.
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

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


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServiceEndpoint(_Part):
    url: str
    pid: int


class KafkaEndpoint(_Part):
    """In clear on one machine; with a user by SASL over TLS, where a deployment is tried out."""

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
    """Everything one needs to talk to a local stack; holds the databases' password."""

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
        """In one step, so that no reader sees half of it."""
        draft = self.data_dir / f"{FILE}.new"
        draft.touch(mode=0o600)
        draft.write_text(self.model_dump_json(indent=2))
        draft.replace(self.data_dir / FILE)

    def remove(self) -> None:
        (self.data_dir / FILE).unlink(missing_ok=True)


def read(data_dir: Path) -> Endpoints:
    """Raises StackNotRunning, also for what a killed runner left behind."""
    try:
        endpoints = Endpoints.model_validate_json((data_dir / FILE).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError) as error:
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
