"""Metrics of deliveries and of the sender."""

from services.registry.deliveries import store, views
from services.registry.deliveries.replies import Cause
from services.registry.deliveries.sender import Sender
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service, sender: Sender) -> None:
    async def measure_deliveries(conn: Connection) -> list[Sample]:
        return views.delivery_samples(await store.count_deliveries(conn))

    async def measure_sender(_: Connection) -> list[Sample]:
        outside = "attempts begun outside 8:00 to 20:00 where the member lives, since start"
        refusals = "replies that refused a message, by cause, since start"
        trouble = "seconds since when the mail server is away or refuses one message after another"
        return [
            Sample("sender_failures", "unexpected errors while sending", sender.failures),
            Sample("attempts_outside_hours", outside, sender.outside_hours),
            Sample("mail_trouble_seconds", trouble, sender.breaker.trouble_seconds),
            *(
                Sample("mail_refusals", refusals, sender.refusals[cause], {"cause": cause})
                for cause in Cause
            ),
        ]

    service.add_metrics(measure_deliveries)
    service.add_metrics(measure_sender)
