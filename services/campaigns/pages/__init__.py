"""The members' edge: an invitation, its mandate, and a free choice. GET shows, POST acts.

Mail scanners follow links, so nothing changes by GET. An answer redirects (303) to the invitation's
page, which says where things stand; reloading it repeats nothing.
"""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.jwk import KeySet

from services.campaigns.use_cases import answers
from services.runtime.auth import Link, link_keys, read_link
from services.runtime.clock import Clock
from services.runtime.db import Database
from services.runtime.pages import Pages, language_of

PURPOSE = "invitation"


def keys_of(public_keys: list[dict[str, Any]]) -> KeySet:
    return link_keys(*(json.dumps(key) for key in public_keys))


def router(database: Database, clock: Clock, keys: KeySet, responses_url: str) -> APIRouter:
    routes = APIRouter(prefix="/invitations", include_in_schema=False)
    pages = Pages("services.campaigns")

    def who(token: str) -> Link:
        return read_link(keys, token, PURPOSE, clock.now())

    def back(request: Request, token: str) -> Response:
        language = language_of(request)
        return RedirectResponse(f"/invitations/{token}?lang={language}", status_code=303)

    def ids(token: str) -> tuple[UUID, UUID]:
        link = who(token)
        return link.subject_id, link.member_id

    @routes.get("/{token}")
    async def show(request: Request, token: str) -> Response:
        async with database.reading() as conn:
            invitation, project = await answers.read_invitation(conn, *ids(token))
        language = language_of(request)
        closed = invitation.closed_because(clock.today())
        return pages.render(
            "invitation.html",
            language,
            token=token,
            invitation=invitation,
            project=project,
            closed=closed.say(language) if closed else None,
            # In the fragment, which no browser sends to any server.
            answer_url=f"{responses_url}/answer/{project.id}?lang={language}#{token}",
            answerable=invitation.participation == "joined" and project.collects_on(clock.today()),
        )

    @routes.post("/{token}/accept")
    async def accept(request: Request, token: str) -> Response:
        async with database.transaction() as conn:
            await answers.accept_invitation(conn, clock, *ids(token))
        return back(request, token)

    @routes.post("/{token}/decline")
    async def decline(request: Request, token: str) -> Response:
        async with database.transaction() as conn:
            await answers.decline_invitation(conn, clock, *ids(token))
        return back(request, token)

    @routes.post("/{token}/leave")
    async def leave(request: Request, token: str) -> Response:
        async with database.transaction() as conn:
            await answers.leave_project(conn, clock, *ids(token))
        return back(request, token)

    return routes
