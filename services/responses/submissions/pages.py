"""The members' edge: the answer page, what it shows, and the one post that an answer is.

Every address is the same for all participants of a project; nothing here knows a member.
"""

import json
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.contracts.http.responses import AnswerSheet, Contribution, Echoes, Received
from services.responses.collections import rules
from services.responses.collections import store as collections
from services.responses.collections import views as sheets
from services.responses.documents import store as documents
from services.responses.documents.document_store import Shelves
from services.responses.submissions import use_cases as answering
from services.responses.submissions.intake import Postbox
from services.runtime.clock import Clock
from services.runtime.http.bodies import body_limit
from services.runtime.postgres.database import Database
from services.runtime.refusal import Refusal
from services.runtime.text import Text

LARGEST_BODY_BYTES = 2_000_000

# A document runs nothing, sends nothing, and is framed by nobody but the answer page.
_DOCUMENT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "public, max-age=86400, immutable",
}


class Unreadable(Refusal):
    status = 422
    sentence = Text(
        fr="Cette réponse n'a pas la forme attendue.",
        en="This answer does not have the expected form.",
    )
    way_out = Text(
        fr="Rechargez la page : ce que vous avez écrit est toujours sur votre appareil.",
        en="Reload the page: what you wrote is still on your device.",
    )


def router(
    database: Database, clock: Clock, postbox: Postbox, shelves: Shelves, credentials_url: str
) -> APIRouter:
    routes = APIRouter(
        prefix="/answer", include_in_schema=False, route_class=body_limit(LARGEST_BODY_BYTES)
    )
    reading = APIRouter(prefix="/answer", include_in_schema=False)

    @reading.get("/{id}/about.json")
    async def about(id: UUID) -> AnswerSheet:
        """By the project's id what participants see; by that of its preview what they would."""
        async with database.read_only() as conn:
            found = await collections.collection(conn, id)
            shelf = await documents.documents(conn, found.project_id)
        preview = id == found.preview_id
        if found.questionnaire is None:
            raise rules.NoQuestionnaire
        if found.state == "preparing" and not preview:
            raise rules.NotYetOpen
        return sheets.answer_sheet(found, shelf, clock.today(), credentials_url, preview=preview)

    @routes.post("/{project_id}/contributions")
    async def contribute(request: Request, project_id: UUID) -> Response:
        kept = await postbox.drop(project_id, read_contribution(await request.body()))
        said = Received(receipt=kept.receipt).model_dump()
        return JSONResponse(said, status_code=201 if kept.first else 200)

    @reading.get("/{project_id}/receipts/{receipt}")
    async def receipt(project_id: UUID, receipt: str) -> Received:
        async with database.read_only() as conn:
            counted = await answering.is_counted(conn, project_id, receipt)
        return Received(receipt=receipt, counted=counted)

    @reading.get("/{project_id}/echoes.json")
    async def echoes(project_id: UUID, response: Response) -> Echoes:
        async with database.read_only() as conn:
            lists = await answering.echoes(conn, project_id)
        response.headers["Cache-Control"] = "public, max-age=300"
        return Echoes.model_validate(lists)

    @reading.get("/{project_id}/documents/{id}")
    async def document(project_id: UUID, id: UUID) -> Response:
        async with database.read_only() as conn:
            found = await documents.document_content(conn, project_id, id)
        content = await shelves.get(id, found)
        return Response(content, media_type=found.media_type, headers=_DOCUMENT_HEADERS)

    both = APIRouter()
    both.include_router(reading)
    both.include_router(routes)
    return both


def read_contribution(body: bytes) -> Contribution:
    """Raises Unreadable, which repeats nothing of what was sent.

    Read by a parser that takes half a character, which devices write as an escape where a text was
    cut inside of one: stricter ones would have its writer reload the page without end.
    """
    try:
        return Contribution.model_validate(json.loads(body))
    except (ValueError, RecursionError):
        raise Unreadable from None
