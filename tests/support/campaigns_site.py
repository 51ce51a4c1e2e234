"""Campaigns over HTTP, without a broker: the pages that members' browsers show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from services.campaigns.projects.use_cases import end_due_phases
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.crypto.blind_rsa import PublicKey
from services.runtime.http.member_links import Link, sign_link
from tests.support.campaigns import NOON, World

ANSWERS = "https://answers.example"
HTML = {"Accept": "text/html"}


@dataclass
class Site:
    world: World
    key: OKPKey
    client: httpx.AsyncClient
    app: FastAPI

    def link(
        self,
        row: dict[str, Any],
        member_id: UUID | None = None,
        purpose: str = "invitation",
        key: OKPKey | None = None,
        days: int = 60,
    ) -> str:
        link = Link(member_id or row["member_id"], row["id"], purpose)
        return sign_link(key or self.key, link, NOON + timedelta(days=days))

    async def all_rows(self) -> dict[str, Any]:
        """All rows that a page could change."""
        tables = ("project", "invitation", "participation", "send_order", "ledger", "outbox")
        return {name: await self.world.rows(f"SELECT * FROM {name}") for name in tables}

    async def get(self, token: str, **params: str) -> httpx.Response:
        return await self.client.get(f"/invitations/{token}", params=params, headers=HTML)

    async def post(self, token: str, act: str) -> httpx.Response:
        """The page that a member sees afterwards on this service: a redirect is followed here
        only, as accepting leads to the answer page of another one."""
        answer = await self.client.post(f"/invitations/{token}/{act}", headers=HTML)
        return await self.get(token) if answer.is_redirect else answer


async def invited(site: Site, count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    await site.world.members(count)
    project, _ = await site.world.launched(count, **changes)
    await site.world.deliver_all()
    return await site.world.invitations(project)


async def public_key(site: Site) -> PublicKey:
    jwk = (await site.world.published_projects())[-1].credential_key
    assert jwk is not None
    return PublicKey.from_jwk(jwk)


async def advance(site: Site, days: int) -> None:
    clock = site.world.clock
    assert isinstance(clock, SharedClock)
    clock.change(lambda _: ClockSetting(stopped_at=NOON + timedelta(days=days)))
    async with site.world.transaction() as conn:
        await end_due_phases(conn, clock)
