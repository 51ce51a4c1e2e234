"""Staff API of deliveries: counts, and the mail server's replies; no order and no person."""

from fastapi import APIRouter

from services.contracts.http.registry import DeliveryCounts, MailReplies, MailReply
from services.registry.deliveries import store, views
from services.runtime.http.dependencies import AnyButAnalysisStaff, RegistryOrOperationsStaff
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/deliveries/counts")
    async def deliveries(staff: AnyButAnalysisStaff) -> DeliveryCounts:
        async with service.database.read_only() as conn:
            return views.delivery_counts(await store.count_deliveries(conn))

    @router.get("/deliveries/replies")
    async def replies(
        staff: RegistryOrOperationsStaff,
    ) -> MailReplies:
        """The mail server's words on the messages that it refused, the most frequent first."""
        async with service.database.read_only() as conn:
            counts = await store.count_replies(conn)
        return MailReplies(replies=[MailReply(**vars(count)) for count in counts])

    return router
