"""Staff API of registry: imports and counts. Nothing here shows who anybody is."""

import asyncio
from collections import Counter
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast
from uuid import UUID

from fastapi import APIRouter, Request

from services.contracts.events.registry import MemberStatus
from services.contracts.http.common import Role
from services.contracts.http.registry import (
    DeliveryCounts,
    Erasure,
    ImportReport,
    MailReplies,
    MailReply,
    MemberCounts,
)
from services.registry import imports, store, use_cases
from services.registry.vault import Vault
from services.runtime.http.dependencies import require
from services.runtime.http.pages import language_of
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import long_running
from services.runtime.service import Service

# Smaller uploads stay in memory; larger ones in a file without a name, gone with the request.
_IN_MEMORY_BYTES = 1 << 20

Counting = Annotated[
    Staff, require(Role.REGISTRY, Role.CAMPAIGNS, Role.OPERATIONS, Role.AUDIT, Role.DECISION)
]


def router(service: Service, vault: Vault) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post(
        "/members/imports",
        openapi_extra={"requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def import_members(
        request: Request,
        staff: Annotated[Staff, require(Role.REGISTRY)],
        dry_run: bool = False,
        accept_valid: bool = False,
        accept_month: bool = False,
    ) -> ImportReport:
        """`accept_month` confirms `to_confirm`: that nobody in the file can be solicited before."""
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as upload:
            async for chunk in request.stream():
                if upload.tell() + len(chunk) > _IN_MEMORY_BYTES:
                    await asyncio.to_thread(upload.write, chunk)
                else:
                    upload.write(chunk)
            with long_running():
                async with service.database.transaction() as conn:
                    return await imports.import_members(
                        conn,
                        service.clock,
                        vault,
                        cast(BinaryIO, upload),
                        language_of(request),
                        dry_run=dry_run,
                        accept_valid=accept_valid,
                        accept_month=accept_month,
                    )

    @router.post("/members/{member_id}/erasure", status_code=200)
    async def erase_member(
        member_id: UUID, staff: Annotated[Staff, require(Role.REGISTRY)]
    ) -> Erasure:
        """For good: identity, address, attributes and consents are forgotten."""
        with long_running():
            async with service.database.transaction() as conn:
                erased = await use_cases.erase(conn, service.clock, member_id)
        return Erasure(member_id=member_id, erased_now=erased)

    @router.get("/members/counts")
    async def members(staff: Counting) -> MemberCounts:
        async with service.database.read_only() as conn:
            counts = await store.count_members(conn)
        return MemberCounts(by_status={MemberStatus(s): n for s, n in counts.items()})

    @router.get("/deliveries/counts")
    async def deliveries(staff: Counting) -> DeliveryCounts:
        async with service.database.read_only() as conn:
            counts = await store.count_deliveries(conn)
        by_state: Counter[str] = Counter()
        by_reason: Counter[str] = Counter()
        for count in counts:
            by_state[count.state] += count.orders
            if count.reason:
                by_reason[count.reason] += count.orders
        return DeliveryCounts(by_state=by_state, refused_by_reason=by_reason)

    @router.get("/deliveries/replies")
    async def replies(
        staff: Annotated[Staff, require(Role.REGISTRY, Role.OPERATIONS)],
    ) -> MailReplies:
        """The mail server's words on the messages that it refused, the most frequent first."""
        async with service.database.read_only() as conn:
            counts = await store.count_replies(conn)
        return MailReplies(replies=[MailReply(**vars(count)) for count in counts])

    return router
