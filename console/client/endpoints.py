"""Addresses of the services and of the issuer, as the stack file names them."""

import json
from dataclasses import dataclass
from pathlib import Path


class NoStack(Exception):
    """The stack file is missing or is not one; the message names it."""


@dataclass(frozen=True)
class Endpoints:
    """Base URLs, without a trailing slash."""

    campaigns: str
    registry: str
    responses: str
    feedback: str
    issuer: str
    # Resource indicator for tokens (RFC 8707); most issuers need none.
    resource: str | None = None
    # Certificates (PEM) of the administration's own authority, of the panel or of the issuer.
    authority: str | None = None

    @classmethod
    def from_stack(cls, path: Path) -> "Endpoints":
        """Read what `panel up` wrote. Raises NoStack."""
        try:
            stack = json.loads(path.read_text())
            services = {name: description["url"] for name, description in stack["services"].items()}
            return cls(
                **{name: services[name].rstrip("/") for name in SERVICES},
                issuer=stack["issuer"]["url"].rstrip("/"),
                resource=stack["issuer"].get("resource"),
                authority=_certificates(path, stack.get("authority")),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoStack(f"{path}: {type(error).__name__}: {error}") from error

    def of(self, service: str) -> str:
        return str(getattr(self, service))


def _certificates(stack: Path, file: str | None) -> str | None:
    """The text of a certificate file, named relative to the stack file. Raises OSError."""
    return stack.parent.joinpath(file).read_text() if file else None


SERVICES = ("campaigns", "registry", "responses", "feedback")
