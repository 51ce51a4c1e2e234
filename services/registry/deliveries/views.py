"""Deliveries as staff and metrics see them: counts."""

from collections import Counter
from collections.abc import Sequence

from services.contracts.http.registry import DeliveryCounts
from services.registry.deliveries.rules import OrderClass, RefusalReason
from services.registry.deliveries.store import DeliveryCount
from services.runtime.observability.metrics import Sample


def delivery_counts(counts: Sequence[DeliveryCount]) -> DeliveryCounts:
    by_state: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    for count in counts:
        by_state[count.state] += count.orders
        if count.reason:
            by_reason[count.reason] += count.orders
    return DeliveryCounts(by_state=by_state, refused_by_reason=by_reason)


def delivery_samples(counts: Sequence[DeliveryCount]) -> list[Sample]:
    too_soon = 0
    deliveries: Counter[tuple[str, str]] = Counter()
    for count in counts:
        deliveries[count.state, count.reason or ""] += count.orders
        if count.reason == RefusalReason.TOO_SOON and count.order_class == OrderClass.SOLICITATION:
            too_soon = count.orders
    samples = [
        Sample(
            "deliveries",
            "send orders by the state of their delivery",
            orders,
            {"state": state, "reason": reason},
        )
        for (state, reason), orders in deliveries.items()
    ]
    return [
        *samples,
        Sample("contact_lock_refusals", "solicitations refused as too soon", too_soon),
    ]
