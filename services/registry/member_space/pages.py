"""Members' pages of registry: leaving the panel, and having everything erased.

GET shows, POST acts: scanners follow links. Mail programs post to the link to leave (RFC 8058), in
any form and more than once, and get a page that says how it stands. They also know all that can be
guessed from that link: erasing takes a ticket that only the page before it gives, and a box that
is not ticked beforehand.
"""

from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.jwk import KeySet

from services.registry.erasures import use_cases as erasures
from services.registry.member_space import use_cases as member_space
from services.registry.members import store as members_store
from services.registry.messages.renderer import ERASURE, LEAVE, Letters
from services.runtime.http.member_links import LinkRefused, trimmed_link, verify_link
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Connection, long_running
from services.runtime.service import Service


def router(service: Service, keys: KeySet, letters: Letters) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    pages = Pages("services.registry.member_space")

    async def member_of(conn: Connection, link: str) -> UUID:
        """The member the link was sent to, or the one they were merged into."""
        member_id = verify_link(keys, link, LEAVE, service.clock.now()).member_id
        return await members_store.find_survivor(conn, member_id)

    def confirmed(form: dict[str, list[str]], member_id: UUID) -> list[str]:
        """The fields that are wrong."""
        try:
            ticket = form.get("ticket", [""])[0]
            asked = verify_link(keys, ticket, ERASURE, service.clock.now()).member_id == member_id
        except LinkRefused:
            asked = False
        # Of a ticket nobody can correct anything: a new one is in the page that answers.
        return [] if asked and form.get("sure") == ["yes"] else ["sure"]

    def ask_to_erase(request: Request, link: str, member_id: UUID, wrong: list[str]) -> Response:
        return pages.render(
            "erase.html",
            language_of(request),
            status=422 if wrong else 200,
            link=trimmed_link(link),
            ticket=letters.erasure_ticket(member_id, service.clock.now()),
            wrong=wrong,
        )

    @router.get("/leave/{link}")
    async def show(link: str, request: Request) -> Response:
        async with service.database.read_only() as conn:
            leaving = await member_space.preview_withdrawal(conn, await member_of(conn, link))
        return pages.render(
            "leave.html", language_of(request), leaving=leaving, link=trimmed_link(link)
        )

    @router.post("/leave/{link}")
    async def act(link: str, request: Request) -> Response:
        """The page's button, and the mail program's own (RFC 8058), whose body says nothing."""
        with long_running():
            async with service.database.transaction() as conn:
                member_id = await member_of(conn, link)
                leaving = await member_space.withdraw(conn, service.clock, member_id)
        return pages.render(
            "left.html", language_of(request), leaving=leaving, link=trimmed_link(link)
        )

    @router.get("/leave/{link}/erasure")
    async def ask(link: str, request: Request) -> Response:
        async with service.database.read_only() as conn:
            member_id = await member_of(conn, link)
            leaving = await member_space.preview_withdrawal(conn, member_id)
        if leaving.now or leaving.erased:
            page = f"/leave/{trimmed_link(link)}?lang={language_of(request)}"
            return RedirectResponse(page, status_code=303)
        return ask_to_erase(request, link, member_id, [])

    @router.post("/leave/{link}/erasure")
    async def erase(link: str, request: Request) -> Response:
        """Never by one blind POST: what goes cannot be had again."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        with long_running():
            async with service.database.transaction() as conn:
                member_id = await member_of(conn, link)
                leaving = await member_space.preview_withdrawal(conn, member_id)
                wrong = [] if leaving.erased else confirmed(form, member_id)
                if not wrong:
                    await erasures.erase_member(conn, service.clock, member_id)
        if wrong:
            return ask_to_erase(request, link, member_id, wrong)
        return pages.render("erased.html", language_of(request))

    return router
