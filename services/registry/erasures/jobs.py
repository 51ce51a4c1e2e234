"""Jobs of erasures: locks that hold nobody back any more are deleted."""

from services.registry.erasures import store, use_cases
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service

_DELETE_SECONDS = 60.0


def register(service: Service) -> None:
    async def delete_expired_locks() -> None:
        async with service.database.transaction() as conn:
            await use_cases.delete_expired_locks(conn, service.clock)

    async def measure(conn: Connection) -> list[Sample]:
        text = "erased members whom campaigns has not confirmed to have forgotten"
        count = await store.count_unacknowledged_erasures(conn)
        return [Sample("erasures_unacknowledged", text, count)]

    service.add_metrics(measure)
    service.every(_DELETE_SECONDS, "delete_expired_locks", delete_expired_locks)
