"""Events on Kafka: CloudEvents 1.0 in binary mode.

Attributes ride in record headers, the body is the event's JSON. An event is frozen, ignores fields
it does not know, and only ever grows (docs/design.md, Events); a breaking change is
a new topic version.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Headers = list[tuple[str, bytes]]
# W3C Trace Context, on events that a traced command caused; never on events of responses.
TRACEPARENT = "traceparent"
E = TypeVar("E", bound="Event")


class MalformedEvent(ValueError):
    """The record is not an event of the expected type; the message gives the reason."""


class Event(BaseModel):
    """The whole public state of one aggregate, or one fact of a log, at one version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_type: ClassVar[str]
    key_field: ClassVar[str]

    version: int = Field(ge=1, description="grows by one with every change of the aggregate")

    @property
    def key(self) -> str:
        return str(getattr(self, self.key_field))

    def body(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


def headers(event_type: str, source: str, at: datetime, event_id: UUID | None = None) -> Headers:
    """CloudEvents attributes as Kafka headers; `at` is UTC, written as RFC 3339."""
    return [
        ("ce_id", str(event_id or uuid4()).encode()),
        *common_headers(event_type, source, at),
    ]


def common_headers(
    event_type: str, source: str, at: datetime, traceparent: str | None = None
) -> Headers:
    """Attributes that all events of one batch share: all but `ce_id`."""
    traced = [(TRACEPARENT, traceparent.encode())] if traceparent else []
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", event_type.encode()),
        ("ce_source", f"/panel/{source}".encode()),
        ("ce_time", at.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("content-type", b"application/json"),
        *traced,
    ]


def decode(expected: type[E], record_headers: Iterable[tuple[Any, Any]], value: bytes | None) -> E:
    """Decode one record as `expected`. Raises MalformedEvent, and nothing else, on bad input."""
    event_type = next((v for k, v in record_headers if k == "ce_type"), None)
    if event_type != expected.event_type.encode():
        raise MalformedEvent(f"ce_type is {event_type!r}, expected {expected.event_type!r}")
    if value is None:
        raise MalformedEvent("the value is null")
    try:
        return expected.model_validate_json(value)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in error.errors()
        )
        # Field names and kinds of error only: the values may be personal data.
        raise MalformedEvent(places) from None
