"""Calls to registry: imports and erasures of members, and counts; nobody's name passes here."""

from uuid import UUID

from console.client.calls import Calls, Content
from services.contracts.http.common import Role
from services.contracts.http.registry import (
    DeliveryCounts,
    Erasure,
    ImportReport,
    MailReplies,
)

_SERVICE, _ROLE = "registry", Role.REGISTRY


class RegistryCalls(Calls):
    async def import_members(
        self,
        content: Content,
        *,
        dry_run: bool = False,
        accept_valid: bool = False,
        accept_month: bool = False,
    ) -> ImportReport:
        """Import a CSV file."""
        options = {
            "dry_run": dry_run,
            "accept_valid": accept_valid,
            "accept_month": accept_month,
        }
        return await self._upload(
            _SERVICE, "/members/imports", ImportReport, _ROLE, content, "text/csv", options
        )

    async def erase_member(self, member_id: UUID) -> Erasure:
        return await self._post(_SERVICE, f"/members/{member_id}/erasure", Erasure, _ROLE)

    async def delivery_counts(self) -> DeliveryCounts:
        return await self._get(_SERVICE, "/deliveries/counts", DeliveryCounts, _ROLE)

    async def mail_replies(self) -> MailReplies:
        return await self._get(_SERVICE, "/deliveries/replies", MailReplies, _ROLE)
