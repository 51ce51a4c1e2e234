"""AsyncAPI 3 description of one service, generated from its topics.

Ours rather than FastStream's export, which sees opaque batches: bodies are decoded in the inbox.
Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections.abc import Iterable
from typing import Any

from services.contracts.envelope import TRACEPARENT
from services.contracts.topics import DAYS_ONLY, Topic

_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion"],
    "properties": {
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_specversion": {"const": "1.0"},
    },
}
_TRACED_HEADERS = {
    **_HEADERS,
    "properties": {
        **_HEADERS["properties"],
        TRACEPARENT: {
            "type": "string",
            "description": "W3C Trace Context, where a traced command is the cause",
        },
    },
}


def document(service: str, produced: Iterable[Topic], consumed: Iterable[Topic]) -> dict[str, Any]:
    """The document as data for JSON, with lists and keys in a stable order."""
    produced, consumed = list(produced), list(consumed)
    topics = sorted({t.name: t for t in [*produced, *consumed]}.values(), key=lambda t: t.name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Citizen panel: {service}",
            "version": "1",
            "description": "CloudEvents 1.0, Kafka binary mode. Read committed; apply an event"
            " only if its version is newer than the one you hold.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            **{f"send.{t.event.event_type}": _operation("send", t) for t in produced},
            **{f"receive.{t.event.event_type}": _operation("receive", t) for t in consumed},
        },
        "components": {
            "messages": {topic.event.event_type: _message(topic) for topic in topics},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": (topic.event.__doc__ or "").strip(),
        "messages": {
            topic.event.event_type: {"$ref": f"#/components/messages/{topic.event.event_type}"}
        },
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _policy(topic),
            }
        },
    }


def _policy(topic: Topic) -> dict[str, Any]:
    policy: dict[str, Any] = dict(topic.policy)
    policy["cleanup.policy"] = [policy["cleanup.policy"]]
    return {key: int(v) if key.endswith(".ms") else v for key, v in policy.items()}


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    channel = topic.name.replace("~", "~0").replace("/", "~1")
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{topic.event.event_type}"}],
    }


def _message(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.event.event_type,
        "contentType": "application/json",
        "headers": _HEADERS if topic.name in DAYS_ONLY else _TRACED_HEADERS,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": topic.event.model_json_schema(by_alias=True),
        },
        "bindings": {"kafka": {"bindingVersion": "0.5.0", "key": {"type": "string"}}},
        "x-key": topic.event.key_field,
    }
