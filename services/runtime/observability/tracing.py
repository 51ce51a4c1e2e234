"""What a command sets off: the request, what it wrote, who heard of it (docs/decisions/0020).

A span says which route, which topic, how many and how long; never a path, a query, an address, a
key, a body or the message of an error. Only what a service wrote because of a traced request or of
a traced event carries a trace on. `responses` has no `Traces`, and its database refuses them.
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


def current() -> str | None:
    """Where we are, as W3C writes it; None outside of any span."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(TRACEPARENT)


class Traces:
    """The spans of one service. Without an endpoint there are none, and nothing is loaded."""

    def __init__(self, service: str = "", endpoint: str | None = None) -> None:
        """`endpoint`: OTLP over HTTP, the whole address."""
        self._service = service
        self._provider: Any = _exporting(service, endpoint) if endpoint else None
        self._tracer: Any = self._provider and self._provider.get_tracer("panel")

    @property
    def on(self) -> bool:
        return self._tracer is not None

    def command(self, method: str) -> AbstractContextManager[Span]:
        """A request that may change something. It begins its trace: what a client says of traces
        could carry who it is."""
        return self._span(method, SpanKind.SERVER, [], {"http.request.method": method})

    @contextmanager
    def sending(self, events: int, traceparents: Iterable[str | None]) -> Iterator[None]:
        """A batch of the relay, if anything in it was traced."""
        contexts = _contexts(traceparents) if self.on else []
        if not contexts:
            yield
            return
        about = {"messaging.system": "kafka", "messaging.batch.message_count": events}
        with self._span("send", SpanKind.PRODUCER, contexts, about):
            yield

    @contextmanager
    def receiving(self, topic: str, records: Iterable[Any]) -> Iterator[None]:
        """A batch of the inbox, if anything in it was traced."""
        records = list(records)
        contexts = _contexts(map(_traceparent, records)) if self.on else []
        if not contexts:
            yield
            return
        about = {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": len(records),
        }
        with self._span(f"receive {topic}", SpanKind.CONSUMER, contexts, about):
            yield

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, contexts: list[SpanContext], about: dict[str, Any]
    ) -> Iterator[Span]:
        """Linked to all of `contexts`, and in their trace if they are of one."""
        one = len({context.trace_id for context in contexts}) == 1
        parent = trace.set_span_in_context(trace.NonRecordingSpan(contexts[0])) if one else None
        with self._tracer.start_as_current_span(
            name,
            parent or Context(),
            kind,
            about,
            [Link(context) for context in contexts],
            record_exception=False,  # its message may repeat what was sent
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                failed(span, type(error).__name__)
                raise

    async def close(self) -> None:
        """Send what is left, as far as somebody listens."""
        if self._provider:
            await asyncio.to_thread(self._provider.shutdown)


def failed(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _contexts(traceparents: Iterable[str | None]) -> list[SpanContext]:
    """Each once, in their order; what is not a traceparent is none."""
    found = (
        trace.get_current_span(_W3C.extract({TRACEPARENT: one}, Context())).get_span_context()
        for one in dict.fromkeys(traceparents)
        if one
    )
    return [context for context in found if context.is_valid]


def _traceparent(record: Any) -> str | None:
    said = next((value for key, value in record.headers if key == TRACEPARENT), None)
    return said.decode("ascii", "replace") if isinstance(said, bytes) else None


def _exporting(service: str, endpoint: str) -> Any:
    # Costs 0.2 s and some megabytes: for those who trace only.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = Resource({"service.name": service, "service.namespace": "panel"})
    provider = TracerProvider(resource=about, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
