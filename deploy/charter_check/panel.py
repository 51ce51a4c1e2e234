"""Description of the panel to check: addresses, keys, and the evidence outside of it.

The caller provides everything, so that the check depends on no part of the product.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from deploy.charter_check.database import Connection

# Applies a service's migrations to an empty database.
Migrate: TypeAlias = "Callable[[Connection, str], Awaitable[None]]"


@dataclass(frozen=True)
class KafkaAccess:
    """SASL over TLS with a user, as in a deployment; in clear without one, as on one machine."""

    bootstrap: str
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    def options(self) -> dict[str, Any]:
        """Arguments for the clients of aiokafka."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap.split(",")}
        if self.username:
            options |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
                "ssl_context": ssl.create_default_context(cafile=self.ca_file),
            }
        return options


@dataclass(frozen=True)
class Panel:
    """A running panel, as its operator knows it."""

    instant: datetime
    """By the panel's own clock."""
    dsns: Mapping[str, str]
    """By service, as a role that may create databases."""
    migrate: Migrate
    kafka: KafkaAccess
    topics: Sequence[str]
    mail_journal: Path
    """Every message that the mail server accepted, one JSON document a line."""
    logs: Sequence[Path]
    public_site: str
    """Base URL of the public account."""
    tls: ssl.SSLContext
    """Trusts the public account's certificate."""
    journal_key: bytes
    """Raw Ed25519 public key of the transparency journal, as the operator gave it."""
