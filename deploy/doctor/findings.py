"""Findings: a verdict, a sentence, and the way out where there is one."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiosmtplib
import asyncpg
import httpx
from aiokafka.errors import KafkaError

from services.runtime.text import Language, Text


class Verdict(StrEnum):
    WELL = "well"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """`check` names the check, `subject` the server, database or topic that it examined."""

    check: str
    subject: str
    verdict: Verdict
    sentence: Text
    way_out: Text | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data)

    def way_out_message(self, language: Language) -> str | None:
        return self.way_out.in_(language, **self.data) if self.way_out else None


Findings = AsyncIterator[Finding]


def well(check: str, subject: str, sentence: Text, **data: Any) -> Finding:
    return Finding(check, subject, Verdict.WELL, sentence, None, data)


def warn(check: str, subject: str, sentence: Text, way_out: Text, **data: Any) -> Finding:
    return Finding(check, subject, Verdict.LOOK, sentence, way_out, data)


def broken(check: str, subject: str, sentence: Text, way_out: Text, **data: Any) -> Finding:
    return Finding(check, subject, Verdict.BROKEN, sentence, way_out, data)


COULD_NOT_LOOK = Text(fr="N'a pas pu regarder : {why}.", en="Could not look: {why}.")
_REACH = Text(
    fr="Est-il démarré, et peut-on l'atteindre d'ici avec ces réglages ?",
    en="Is it up, and can it be reached from here with these settings?",
)

# Errors of the environment; any other exception is a defect and shows its traceback.
TROUBLE = (
    OSError,
    EOFError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    KafkaError,
    httpx.HTTPError,
    httpx.InvalidURL,
    aiosmtplib.SMTPException,
)


def out_of_reach(check: str, subject: str, error: Exception) -> Finding:
    return broken(check, subject, COULD_NOT_LOOK, _REACH, why=reason(error))


def reason(error: Exception) -> str:
    """One line, without any address, which might contain a password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS, {error.verify_message}"
    reason = str(error).partition("\n")[0].rstrip(".")
    if isinstance(error, asyncpg.PostgresError):
        return f"{reason} ({error.sqlstate})"
    if isinstance(error, OSError) and reason and not isinstance(error, TimeoutError):
        return reason
    return type(error).__name__
