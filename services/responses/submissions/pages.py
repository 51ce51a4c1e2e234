"""Members' edge of submissions: the content of the response page, and the post of a response.

Every address is the same for all participants of a project: nothing here knows a member.
"""

import json
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.contracts.http.responses import AnswerSheet, Contribution, Echoes, Received
from services.responses.collections import store as collections
from services.responses.collections.rules import CollectionPhase
from services.responses.documents import store as documents
from services.responses.questionnaires.rules import NoQuestionnaire
from services.responses.submissions import rules, use_cases
from services.responses.submissions.intake import ResponseIntake
from services.responses.submissions.views import response_page_content
from services.runtime.clock import Clock
from services.runtime.http.bodies import body_limit
from services.runtime.postgres.database import Database
from services.runtime.refusal import Refusal
from services.runtime.text import Text

LARGEST_BODY_BYTES = 2_000_000


class MalformedResponse(Refusal):
    status = 422
    sentence = Text(
        fr="Cette réponse n'a pas la forme attendue.",
        en="This response does not have the expected form.",
    )
    way_out = Text(
        fr="Rechargez la page : ce que vous avez écrit est toujours sur votre appareil.",
        en="Reload the page: what you wrote is still on your device.",
    )


def router(
    database: Database, clock: Clock, intake: ResponseIntake, credentials_url: str
) -> APIRouter:
    """`credentials_url`: where campaigns signs credentials."""
    routes = APIRouter(prefix="/answer", include_in_schema=False)
    # A prefix of its own: a nested router's route would not know that of its parent.
    submissions = APIRouter(
        prefix="/answer", include_in_schema=False, route_class=body_limit(LARGEST_BODY_BYTES)
    )

    @routes.get("/{id}/about.json")
    async def page_content(id: UUID) -> AnswerSheet:
        """By a project's id as participants see it; by a preview's id as they will see it."""
        async with database.read_only() as conn:
            collection = await collections.find_collection(conn, id)
            project_documents = await documents.list_documents(conn, collection.project_id)
        preview = id == collection.preview_id
        if collection.questionnaire is None:
            raise NoQuestionnaire
        if collection.state == CollectionPhase.PREPARING and not preview:
            raise rules.NotYetOpen
        return response_page_content(
            collection, project_documents, clock.today(), credentials_url, preview=preview
        )

    @submissions.post("/{project_id}/contributions")
    async def submit_response(request: Request, project_id: UUID) -> Response:
        submitted = await intake.submit(project_id, parse_submission(await request.body()))
        received = Received(receipt=submitted.receipt).model_dump()
        return JSONResponse(received, status_code=201 if submitted.is_first else 200)

    @routes.get("/{project_id}/receipts/{receipt}")
    async def receipt(project_id: UUID, receipt: str) -> Received:
        async with database.read_only() as conn:
            is_received = await use_cases.is_received(conn, project_id, receipt)
        return Received(receipt=receipt, counted=is_received)

    @routes.get("/{project_id}/echoes.json")
    async def echoes(project_id: UUID, response: Response) -> Echoes:
        async with database.read_only() as conn:
            lists = await use_cases.list_echoes(conn, project_id)
        response.headers["Cache-Control"] = "public, max-age=300"
        return Echoes.model_validate(lists)

    router = APIRouter()
    router.include_router(routes)
    router.include_router(submissions)
    return router


def parse_submission(body: bytes) -> Contribution:
    """Raises MalformedResponse, which repeats nothing of the body.

    The standard library's parser accepts an unpaired surrogate, which devices send as an escape
    where a text was cut inside a character. Stricter parsers would refuse it, and the participant
    would reload the page without end.
    """
    try:
        return Contribution.model_validate(json.loads(body))
    except (ValueError, RecursionError):
        raise MalformedResponse from None
