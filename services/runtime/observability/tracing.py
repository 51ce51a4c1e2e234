"""Traces of commands: the request, the events it wrote, their receivers (docs/decisions/0020).

A span holds the route, the topic, counts and durations; never a path, a query, an address, a key, a
body or the message of an error. A trace is continued only by events written because of a traced
request or of a traced event. `responses` has no `Traces`, and its database refuses them.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.contracts.envelope import TRACEPARENT

_EXPORT_SECONDS = 3.0
_W3C = TraceContextTextMapPropagator()


def current_traceparent() -> str | None:
    """The current span as a W3C traceparent; None outside of any span."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(TRACEPARENT)


class Traces:
    """Spans of one service. Without an endpoint there are none, and no exporter is loaded."""

    def __init__(self, service: str = "", endpoint: str | None = None) -> None:
        """`endpoint`: the whole URL for OTLP over HTTP."""
        self._service = service
        self._provider: Any = _exporting_provider(service, endpoint) if endpoint else None
        self._tracer: Any = self._provider and self._provider.get_tracer("panel")

    @property
    def enabled(self) -> bool:
        return self._tracer is not None

    def command(self, method: str) -> AbstractContextManager[Span]:
        """Span of a request that may change something.

        It starts a new trace: a traceparent sent by the client could carry who it is.
        """
        return self._span(method, SpanKind.SERVER, [], {"http.request.method": method})

    @contextmanager
    def sending(self, events: int, traceparents: Iterable[str | None]) -> Iterator[None]:
        """Span of a relay batch, if any of its events was traced."""
        contexts = _contexts(traceparents) if self.enabled else []
        if not contexts:
            yield
            return
        attributes = {"messaging.system": "kafka", "messaging.batch.message_count": events}
        with self._span("send", SpanKind.PRODUCER, contexts, attributes):
            yield

    @contextmanager
    def receiving(self, topic: str, records: Iterable[Any]) -> Iterator[None]:
        """Span of an inbox batch, if any of its records was traced."""
        records = list(records)
        contexts = _contexts(map(_traceparent, records)) if self.enabled else []
        if not contexts:
            yield
            return
        attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": len(records),
        }
        with self._span(f"receive {topic}", SpanKind.CONSUMER, contexts, attributes):
            yield

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, contexts: list[SpanContext], attributes: dict[str, Any]
    ) -> Iterator[Span]:
        """A span linked to all `contexts`, and their child if they belong to one trace."""
        single = len({context.trace_id for context in contexts}) == 1
        parent = trace.set_span_in_context(trace.NonRecordingSpan(contexts[0])) if single else None
        with self._tracer.start_as_current_span(
            name,
            parent or Context(),
            kind,
            attributes,
            [Link(context) for context in contexts],
            record_exception=False,  # its message may repeat what was sent
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                mark_failed(span, type(error).__name__)
                raise

    async def close(self) -> None:
        """Export the remaining spans, and give up where no collector answers."""
        if self._provider:
            await asyncio.to_thread(self._provider.shutdown)


def mark_failed(span: Span, error_type: str) -> None:
    span.set_attribute("error.type", error_type)
    span.set_status(Status(StatusCode.ERROR))


def _contexts(traceparents: Iterable[str | None]) -> list[SpanContext]:
    """Distinct valid contexts, in their order."""
    contexts = (
        trace.get_current_span(_W3C.extract({TRACEPARENT: header}, Context())).get_span_context()
        for header in dict.fromkeys(traceparents)
        if header
    )
    return [context for context in contexts if context.is_valid]


def _traceparent(record: Any) -> str | None:
    header = next((value for key, value in record.headers if key == TRACEPARENT), None)
    return header.decode("ascii", "replace") if isinstance(header, bytes) else None


def _exporting_provider(service: str, endpoint: str) -> Any:
    # The import costs 0.2 s and some megabytes, which only a traced service should pay.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource({"service.name": service, "service.namespace": "panel"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
