"""Members' pages of registry: leaving the panel. GET shows, POST acts: scanners follow links."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from joserfc.jwk import KeySet

from services.registry import use_cases
from services.registry.messages import LEAVE
from services.runtime.auth import read_link
from services.runtime.db import patiently
from services.runtime.pages import Pages, language_of
from services.runtime.service import Service


def router(service: Service, keys: KeySet) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    pages = Pages("services.registry")

    def member_of(link: str) -> UUID:
        return read_link(keys, link, LEAVE, service.clock.now()).member_id

    @router.get("/leave/{link}")
    async def show(link: str, request: Request) -> Response:
        member_id = member_of(link)
        async with service.database.reading() as conn:
            leaving = await use_cases.look_at_membership(conn, member_id)
        return pages.render("leave.html", language_of(request), leaving=leaving, link=link)

    @router.post("/leave/{link}")
    async def act(link: str, request: Request) -> Response:
        """The page's button, and the mail program's own (RFC 8058), whose body says nothing."""
        member_id = member_of(link)
        with patiently():
            async with service.database.transaction() as conn:
                leaving = await use_cases.leave(conn, service.clock, member_id)
        return pages.render("left.html", language_of(request), leaving=leaving, link=link)

    @router.post("/leave/{link}/erasure")
    async def erase(link: str, request: Request) -> Response:
        """A second button, never a link: what goes cannot be had again."""
        member_id = member_of(link)
        with patiently():
            async with service.database.transaction() as conn:
                await use_cases.erase(conn, service.clock, member_id)
        return pages.render("erased.html", language_of(request))

    return router
