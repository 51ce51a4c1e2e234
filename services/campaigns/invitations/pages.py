"""The members' edge: an invitation, its mandate, and a free choice. GET shows, POST acts.

Mail scanners follow links, so nothing changes by GET or HEAD. Accepting leads (303) to the answer
page of responses, which takes the anonymous credential on that device at once; the ticket goes in
the fragment, which no browser sends to any server. Every other answer leads back to the
invitation's page, which says where things stand; reloading it repeats nothing. Declining and
leaving are for good, so a page asks first (docs/decisions/0023).
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.jwk import KeySet

from services.campaigns.invitations import use_cases as answers
from services.campaigns.invitations.rules import (
    Act,
    AlreadyAccepted,
    AlreadyDeclined,
    AlreadyLeft,
    Invitation,
)
from services.campaigns.projects.rules import Project
from services.runtime.clock import Clock
from services.runtime.http.member_links import link_keys, trimmed_link, verify_link
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Connection, Database
from services.runtime.refusal import Refusal

PURPOSE = "invitation"
# In front of the ticket, of who comes from accepting: a person, on the device they answer from.
ACCEPTED_JUST_NOW = "accepted."

Change = Callable[[Connection, Clock, UUID, UUID], Awaitable[Any]]
# A form that is sent twice, as by a double click, has done what it says.
_DONE_BEFORE: dict[Act, type[Refusal]] = {
    Act.ACCEPT: AlreadyAccepted,
    Act.DECLINE: AlreadyDeclined,
    Act.LEAVE: AlreadyLeft,
}
_FINAL = (Act.DECLINE, Act.LEAVE)


def keys_of(public_keys: list[dict[str, Any]]) -> KeySet:
    return link_keys(*(json.dumps(key) for key in public_keys))


def router(database: Database, clock: Clock, keys: KeySet, responses_url: str) -> APIRouter:
    routes = APIRouter(prefix="/invitations", include_in_schema=False)
    pages = Pages("services.campaigns")
    responses = urlsplit(responses_url)
    responses_origin = f"{responses.scheme}://{responses.netloc}"

    def ids(token: str) -> tuple[UUID, UUID]:
        link = verify_link(keys, token, PURPOSE, clock.now())
        return link.subject_id, link.member_id

    async def look(token: str) -> tuple[Invitation, Project]:
        async with database.read_only() as conn:
            return await answers.read_invitation(conn, *ids(token))

    def page_of(request: Request, token: str) -> str:
        return f"/invitations/{trimmed_link(token)}?lang={language_of(request)}"

    def answer_page(request: Request, project_id: UUID, fragment: str) -> str:
        return f"{responses_url}/answer/{project_id}?lang={language_of(request)}#{fragment}"

    def back(request: Request, token: str) -> Response:
        return RedirectResponse(page_of(request, token), status_code=303)

    async def change(request: Request, token: str, act: Act, change: Change) -> Response | None:
        """None when it is done, now or before; else a page that says why not, with the way back."""
        invitation_id, member_id = ids(token)
        try:
            async with database.transaction() as conn:
                await change(conn, clock, invitation_id, member_id)
        except _DONE_BEFORE[act]:
            return None
        except Refusal as refusal:
            language = language_of(request)
            return pages.render(
                "refused.html",
                language,
                refusal.status,
                sentence=refusal.message(language),
                way_out=refusal.way_out_message(language),
                invitation_page=page_of(request, token),
            )
        return None

    @routes.get("/{token}")
    async def show(request: Request, token: str) -> Response:
        invitation, project = await look(token)
        today = clock.today()
        return pages.render(
            "invitation.html",
            language_of(request),
            leads_to=responses_origin,
            token=trimmed_link(token),
            standing=invitation.standing(today),
            acts=invitation.acts(today),
            invitation=invitation,
            project=project,
            collects=invitation.collects(today),
            answer_url=answer_page(request, project.id, trimmed_link(token)),
        )

    @routes.get("/{token}/{act}")
    async def ask(request: Request, token: str, act: str) -> Response:
        """Ask once more before what is final. Whatever is not offered leads to the page."""
        invitation, project = await look(token)
        if act not in _FINAL or act not in invitation.acts(clock.today()):
            return back(request, token)
        return pages.render(
            "final.html",
            language_of(request),
            token=trimmed_link(token),
            act=act,
            standing=invitation.standing(clock.today()),
            invitation=invitation,
            project=project,
            collects=invitation.collects(clock.today()),
            invitation_page=page_of(request, token),
        )

    @routes.post("/{token}/accept")
    async def accept(request: Request, token: str) -> Response:
        refused = await change(request, token, Act.ACCEPT, answers.accept_invitation)
        if refused:
            return refused
        invitation, project = await look(token)
        if not invitation.may_answer(clock.today()):
            return back(request, token)
        fragment = ACCEPTED_JUST_NOW + trimmed_link(token)
        return RedirectResponse(answer_page(request, project.id, fragment), status_code=303)

    @routes.post("/{token}/decline")
    async def decline(request: Request, token: str) -> Response:
        refused = await change(request, token, Act.DECLINE, answers.decline_invitation)
        return refused or back(request, token)

    @routes.post("/{token}/leave")
    async def leave(request: Request, token: str) -> Response:
        refused = await change(request, token, Act.LEAVE, answers.leave_project)
        return refused or back(request, token)

    return routes
