"""Members' pages: an invitation, its mandate, and a free choice. GET shows, POST acts.

Mail scanners follow links, so GET and HEAD change nothing. Accepting redirects (303) to the
response page of responses, which fetches the anonymous credential on that device at once; the
ticket goes in the fragment, which no browser sends to any server. Every other act redirects to the
invitation's page, which shows the new situation; reloading it repeats nothing. Declining and
leaving are final, so a page asks for confirmation first (docs/decisions/0023).
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.jwk import KeySet

from services.campaigns.invitations import use_cases
from services.campaigns.invitations.rules import (
    Act,
    AlreadyAccepted,
    AlreadyDeclined,
    Invitation,
)
from services.campaigns.participations.rules import AlreadyLeft
from services.campaigns.projects.rules import Project
from services.runtime.clock import Clock
from services.runtime.http.member_links import trimmed_link, verify_link
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Connection, Database
from services.runtime.refusal import Refusal

PURPOSE = "invitation"
# Prefix of the ticket right after accepting: a person is present, on the device of the response.
ACCEPTED_JUST_NOW = "accepted."

Reply = Callable[[Connection, Clock, UUID, UUID], Awaitable[Any]]
# A form that is submitted twice, as by a double click, already has its effect.
_REPEATED: dict[Act, type[Refusal]] = {
    Act.ACCEPT: AlreadyAccepted,
    Act.DECLINE: AlreadyDeclined,
    Act.LEAVE: AlreadyLeft,
}
_FINAL = (Act.DECLINE, Act.LEAVE)


def router(database: Database, clock: Clock, keys: KeySet, responses_url: str) -> APIRouter:
    routes = APIRouter(prefix="/invitations", include_in_schema=False)
    pages = Pages("services.campaigns.invitations")
    responses = urlsplit(responses_url)
    responses_origin = f"{responses.scheme}://{responses.netloc}"

    def ids(token: str) -> tuple[UUID, UUID]:
        link = verify_link(keys, token, PURPOSE, clock.now())
        return link.subject_id, link.member_id

    async def read_invitation(token: str) -> tuple[Invitation, Project]:
        async with database.read_only() as conn:
            return await use_cases.read_invitation(conn, *ids(token))

    def invitation_page(request: Request, token: str) -> str:
        return f"/invitations/{trimmed_link(token)}?lang={language_of(request)}"

    def response_page(request: Request, project_id: UUID, fragment: str) -> str:
        return f"{responses_url}/answer/{project_id}?lang={language_of(request)}#{fragment}"

    def redirect_to_invitation(request: Request, token: str) -> Response:
        return RedirectResponse(invitation_page(request, token), status_code=303)

    async def perform(request: Request, token: str, act: Act, reply: Reply) -> Response | None:
        """None on success, now or earlier; else a page with the refusal and the way back."""
        invitation_id, member_id = ids(token)
        try:
            async with database.transaction() as conn:
                await reply(conn, clock, invitation_id, member_id)
        except _REPEATED[act]:
            return None
        except Refusal as refusal:
            language = language_of(request)
            return pages.render(
                "refused.html",
                language,
                refusal.status,
                sentence=refusal.message(language),
                way_out=refusal.way_out_message(language),
                invitation_page=invitation_page(request, token),
            )
        return None

    @routes.get("/{token}")
    async def show(request: Request, token: str) -> Response:
        invitation, project = await read_invitation(token)
        today = clock.today()
        return pages.render(
            "invitation.html",
            language_of(request),
            leads_to=responses_origin,
            token=trimmed_link(token),
            situation=invitation.status(today),
            acts=invitation.acts(today),
            invitation=invitation,
            project=project,
            collects=invitation.collects(today),
            response_url=response_page(request, project.id, trimmed_link(token)),
        )

    @routes.get("/{token}/{act}")
    async def confirm(request: Request, token: str, act: str) -> Response:
        """Ask for confirmation of a final act; an act that is not offered leads to the page."""
        invitation, project = await read_invitation(token)
        if act not in _FINAL or act not in invitation.acts(clock.today()):
            return redirect_to_invitation(request, token)
        return pages.render(
            "final.html",
            language_of(request),
            token=trimmed_link(token),
            act=act,
            situation=invitation.status(clock.today()),
            invitation=invitation,
            project=project,
            collects=invitation.collects(clock.today()),
            invitation_page=invitation_page(request, token),
        )

    @routes.post("/{token}/accept")
    async def accept(request: Request, token: str) -> Response:
        refused = await perform(request, token, Act.ACCEPT, use_cases.accept_invitation)
        if refused:
            return refused
        invitation, project = await read_invitation(token)
        if not invitation.may_respond(clock.today()):
            return redirect_to_invitation(request, token)
        fragment = ACCEPTED_JUST_NOW + trimmed_link(token)
        return RedirectResponse(response_page(request, project.id, fragment), status_code=303)

    @routes.post("/{token}/decline")
    async def decline(request: Request, token: str) -> Response:
        refused = await perform(request, token, Act.DECLINE, use_cases.decline_invitation)
        return refused or redirect_to_invitation(request, token)

    @routes.post("/{token}/leave")
    async def leave(request: Request, token: str) -> Response:
        refused = await perform(request, token, Act.LEAVE, use_cases.leave_project)
        return refused or redirect_to_invitation(request, token)

    return routes
