"""Jobs of members: memberships end after three years; members are counted."""

from services.registry.members import store
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service

_EXPIRE_SECONDS = 5.0


def register(service: Service) -> None:
    async def end_memberships() -> None:
        """Expire members who accepted the charter three years ago."""
        async with service.database.transaction() as conn:
            await store.update_expired_members(conn, service.clock.now())

    async def measure(conn: Connection) -> list[Sample]:
        counts = await store.count_members(conn)
        return [
            Sample("members", "members by status", count, {"status": status})
            for status, count in counts.items()
        ]

    service.add_metrics(measure)
    service.every(_EXPIRE_SECONDS, "end_memberships", end_memberships)
