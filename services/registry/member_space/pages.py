"""Members' pages of registry: leaving the panel, and erasure of all data.

GET shows, POST acts: scanners follow links. Mail programs post to the link to leave (RFC 8058), in
any form and more than once, and get a page with the state of the membership. They also know every
address that can be derived from that link: erasure takes a ticket that only the page before it
contains, and a box that is not ticked beforehand.
"""

from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.jwk import KeySet

from services.registry.erasures.use_cases import erase_member
from services.registry.member_space.use_cases import preview_withdrawal, withdraw
from services.registry.members import store as members
from services.registry.messages.links import ERASURE, LEAVE, MemberLinks
from services.runtime.http.member_links import LinkRefused, trimmed_link, verify_link
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Connection, long_running
from services.runtime.service import Service


def router(service: Service, keys: KeySet, links: MemberLinks) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    pages = Pages("services.registry.member_space")

    async def member_of(conn: Connection, link: str) -> UUID:
        """The member to whom the link was sent, or the one they were merged into."""
        member_id = verify_link(keys, link, LEAVE, service.clock.now()).member_id
        return await members.find_survivor(conn, member_id)

    def invalid_fields(form: dict[str, list[str]], member_id: UUID) -> list[str]:
        try:
            ticket = form.get("ticket", [""])[0]
            ticket_member = verify_link(keys, ticket, ERASURE, service.clock.now()).member_id
        except LinkRefused:
            ticket_member = None
        # Nobody can correct a ticket: the page that shows the error contains a new one.
        return [] if ticket_member == member_id and form.get("sure") == ["yes"] else ["sure"]

    def erasure_form(request: Request, link: str, member_id: UUID, invalid: list[str]) -> Response:
        return pages.render(
            "erase.html",
            language_of(request),
            status=422 if invalid else 200,
            link=trimmed_link(link),
            ticket=links.erasure_ticket(member_id, service.clock.now()),
            invalid=invalid,
        )

    @router.get("/leave/{link}")
    async def show_leaving(link: str, request: Request) -> Response:
        async with service.database.read_only() as conn:
            withdrawal = await preview_withdrawal(conn, await member_of(conn, link))
        return pages.render(
            "leave.html", language_of(request), withdrawal=withdrawal, link=trimmed_link(link)
        )

    @router.post("/leave/{link}")
    async def leave(link: str, request: Request) -> Response:
        """The page's button, and the mail program's own (RFC 8058), whose body is ignored."""
        with long_running():
            async with service.database.transaction() as conn:
                member_id = await member_of(conn, link)
                withdrawal = await withdraw(conn, service.clock, member_id)
        return pages.render(
            "left.html", language_of(request), withdrawal=withdrawal, link=trimmed_link(link)
        )

    @router.get("/leave/{link}/erasure")
    async def show_erasure(link: str, request: Request) -> Response:
        async with service.database.read_only() as conn:
            member_id = await member_of(conn, link)
            withdrawal = await preview_withdrawal(conn, member_id)
        if withdrawal.was_member or withdrawal.erased:
            page = f"/leave/{trimmed_link(link)}?lang={language_of(request)}"
            return RedirectResponse(page, status_code=303)
        return erasure_form(request, link, member_id, [])

    @router.post("/leave/{link}/erasure")
    async def erase(link: str, request: Request) -> Response:
        """Never by one blind POST: erased data cannot be restored."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        with long_running():
            async with service.database.transaction() as conn:
                member_id = await member_of(conn, link)
                withdrawal = await preview_withdrawal(conn, member_id)
                invalid = [] if withdrawal.erased else invalid_fields(form, member_id)
                if not invalid:
                    await erase_member(conn, service.clock, member_id)
        if invalid:
            return erasure_form(request, link, member_id, invalid)
        return pages.render("erased.html", language_of(request))

    return router
