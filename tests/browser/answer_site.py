"""Both services of the answer page on two origins: real page, real blind signatures, no database.

Requests and responses pass through the models of contracts/http, and the rules that a browser can
observe are enforced: one credential request per ticket, one response per credential.
"""

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from threading import Thread
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response

from services.campaigns.credentials.rules import IssuedElsewhere
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import (
    AnswerPhase,
    AnswerSheet,
    Contribution,
    DecidedBy,
    DocumentView,
    Echoes,
)
from services.responses.submissions import response_page
from services.responses.submissions import rules_answers as answers
from services.runtime.crypto.blind_rsa import (
    PrivateKey,
    SignatureRefused,
    base64url,
    from_base64url,
)

PROJECT = UUID("5f0c5f6e-8b8a-4d3c-9a51-2f0d7f3c1a10")
DOCUMENT = UUID("0b6f4f0e-1d0a-4a57-bb1a-6f6d1f0f2c77")
LETTER = (
    "Madame, Monsieur,\n"
    "Votre dossier est incomplet 📎. Il manque l'attestation prévue à l'art. 12 du décret.\n"
    "Faute de réponse sous quinze jours, votre demande sera classée sans suite.\n"
)


def _hashed(echo: str) -> str:
    """The hash that the service publishes."""
    return base64url(hashlib.sha256(from_base64url(echo)).digest())


@cache
def signer(number: int = 0) -> PrivateKey:
    return PrivateKey.generate()


def ticket(invitation: str, mail: int = 1) -> str:
    """A ticket in the format of registry, with a signature that only campaigns would verify."""
    parts = {"alg": "Ed25519"}, {"on": invitation, "exp": mail}
    return ".".join(base64url(json.dumps(part).encode()) for part in parts) + "." + "s" * 86


def sheet(campaigns: str, **changes: Any) -> AnswerSheet:
    return AnswerSheet(
        **{
            "project_id": PROJECT,
            "state": AnswerPhase.OPEN,
            "title": "Le nouveau courrier de relance",
            "why": "Beaucoup de demandes restent sans suite.",
            "purpose": "Réécrire le courrier envoyé quand un dossier est incomplet.",
            "decision_maker": DecidedBy(name="Claire Morel", role="directrice des usagers"),
            "personal_cases": {
                "fr": "votre caisse, au 3646",
                "en": "your local office, phone 3646",
            },
            "ends_on": date(2026, 12, 18),
            "anonymity_floor": 5,
            "credential_key": signer().public.jwk,
            "credentials_url": f"{campaigns}/credentials",
            "questionnaire_version": 3,
            "questionnaire": questionnaire(),
            "documents": [letter()],
            **changes,
        }
    )


def letter() -> DocumentView:
    return DocumentView(
        id=DOCUMENT,
        title="Courrier de relance, projet",
        media_type="text/html",
        size=1200,
        url=f"/answer/{PROJECT}/documents/{DOCUMENT}",
        text=LETTER,
    )


def questionnaire() -> Questionnaire:
    def localised(fr: str, en: str | None = None) -> dict[str, Any]:
        return {"fr": fr, "en": en}

    def option(id: str, fr: str, en: str | None = None) -> dict[str, Any]:
        return {"id": id, "label": localised(fr, en)}

    return Questionnaire.model_validate(
        {
            "questions": [
                {
                    "id": "received",
                    "kind": "single_choice",
                    "required": True,
                    "text": localised(
                        "Avez-vous déjà reçu un courrier de relance ?",
                        "Have you ever received a reminder letter?",
                    ),
                    "options": [
                        option("yes", "Oui", "Yes"),
                        option("no", "Non", "No"),
                        option("unsure", "Je ne sais plus", "I do not remember"),
                    ],
                },
                {
                    "id": "felt",
                    "kind": "multiple_choice",
                    "only_if": {"question": "received", "any_of": ["yes"]},
                    "text": localised("Qu'avez-vous ressenti ?", "How did you feel?"),
                    "help": localised("Deux réponses au plus.", "Two answers at most."),
                    "at_most": 2,
                    "other": True,
                    "options": [
                        option("worry", "De l'inquiétude", "Worry"),
                        option("relief", "Du soulagement", "Relief"),
                        option("anger", "De la colère", "Anger"),
                    ],
                },
                {
                    "id": "tone",
                    "kind": "scale",
                    "low": 0,
                    "high": 10,
                    "text": localised("Le ton vous paraît-il juste ?", "Does the tone seem right?"),
                    "low_label": localised("pas du tout", "not at all"),
                    "high_label": localised("tout à fait", "entirely"),
                },
                {
                    "id": "order",
                    "kind": "ranking",
                    "text": localised("Que faut-il lire en premier ?", "What should come first?"),
                    "options": [
                        option("what", "Ce qui manque", "What is missing"),
                        option("when", "La date limite", "The deadline"),
                        option("who", "À qui s'adresser", "Whom to ask"),
                        option("risk", "Ce qui se passe sinon"),
                    ],
                },
                {
                    "id": "letter",
                    "kind": "document_test",
                    "document_id": str(DOCUMENT),
                    "text": localised("Lisez ce courrier.", "Read this letter."),
                },
                {
                    "id": "say",
                    "kind": "free_text",
                    "required": True,
                    "text": localised("Que changeriez-vous ?", "What would you change?"),
                },
            ]
        }
    )


@dataclass
class Site:
    """Two servers and their records. Tests change `sheet`, `broken` and `key`."""

    responses: str
    campaigns: str
    sheet: AnswerSheet
    key: PrivateKey = field(default_factory=signer)
    requests: dict[str, str] = field(default_factory=dict)
    contributions: dict[str, Contribution] = field(default_factory=dict)
    # The list of `Echoes` in which all contributions are.
    fate: str = "counted"
    exchanges: list[str] = field(default_factory=list)
    credential_requests: int = 0
    broken: bool = False  # both answer 503
    refuses: bool = False  # 413 for every response
    lost: bool = False  # requests arrive, HTTP responses are lost
    changed: dict[str, bytes] = field(default_factory=dict)  # other bytes under a file's name

    def renew(self) -> None:
        """Reset every record for the next test."""
        self.__init__(self.responses, self.campaigns, sheet(self.campaigns))  # type: ignore[misc]

    def link(self, fragment: str = "", lang: str = "fr") -> str:
        return f"{self.responses}/answer/{PROJECT}?lang={lang}#{fragment or ticket('invitation')}"


def _problem(status: int, detail: str, way_out: str | None = None) -> JSONResponse:
    problem = {"title": "Refused", "status": status, "detail": detail, "way_out": way_out}
    return JSONResponse(problem, status, media_type="application/problem+json")


def _campaigns(site: Site) -> FastAPI:
    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[site.responses],
        allow_methods=["POST"],
        allow_headers=["content-type"],
    )

    @app.post("/credentials")
    async def issue(request: Request) -> Response:
        site.credential_requests += 1
        body = await request.json()
        if body["ticket"].startswith("old"):
            return _problem(403, "Ce lien n'est pas valable.", "Ouvrez le lien du message.")
        blinded = site.requests.setdefault(body["ticket"], body["request"])
        if blinded != body["request"]:
            refused = IssuedElsewhere()
            return _problem(409, refused.message("fr"), refused.way_out_message("fr"))
        if site.lost or site.broken:
            return _problem(503, "Plus tard.")
        number = int.from_bytes(base64.urlsafe_b64decode(blinded + "=="), "big")
        number %= site.key.public.modulus  # allows a test to use another key
        signature = site.key.blind_sign(number.to_bytes(site.key.public.size, "big"))
        return JSONResponse({"signature": base64url(signature)})

    return app


def _responses(site: Site) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def watch(request: Request, call_next: Any) -> Response:
        body = await request.body()
        site.exchanges.append(
            f"{request.method} {request.url} {dict(request.headers)} {body.decode()}"
        )
        name = request.url.path.rsplit("/", 1)[-1]
        if name in site.changed:
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            return Response(site.changed[name], media_type=kind)
        if site.broken:
            return _problem(503, "Plus tard.")
        response: Response = await call_next(request)
        return response

    app.include_router(response_page.router(site.sheet.credentials_url))

    @app.get("/answer/{project_id}/about.json")
    async def answer_sheet() -> AnswerSheet:
        return site.sheet

    @app.post("/answer/{project_id}/contributions")
    async def contribute(contribution: Contribution) -> Response:
        prepared, signature = (
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            for text in (contribution.prepared, contribution.signature)
        )
        if site.refuses:
            return _problem(413, "Votre réponse est trop longue.", "Raccourcissez-la.")
        if site.sheet.state is AnswerPhase.OVER:
            return _problem(409, "La participation est terminée.", "Gardez votre texte.")
        try:
            signer().public.verify(prepared, signature)
        except SignatureRefused as refused:
            return _problem(403, refused.message("fr"))
        try:
            answers.check_answers(site.sheet.questionnaire.model_dump(), contribution.answers)
        except answers.AnswersRefused as refused:
            return _problem(422, refused.message("fr"), "; ".join(refused.details("fr")))
        receipt = base64.b32encode(hashlib.sha256(prepared).digest()).decode().lower()[:10]
        status = 200 if receipt in site.contributions else 201
        site.contributions.setdefault(receipt, contribution)
        if site.lost:
            return _problem(503, "Plus tard.")
        return JSONResponse({"receipt": receipt, "counted": True}, status)

    @app.get("/answer/{project_id}/receipts/{receipt}")
    async def counted(receipt: str) -> Response:
        return JSONResponse({"receipt": receipt, "counted": receipt in site.contributions})

    @app.get("/answer/{project_id}/echoes.json")
    async def echoes() -> Echoes:
        fates: dict[str, list[str]] = {"counted": [], "read": [], "personal_cases": []}
        for contribution in site.contributions.values():
            assert contribution.echo is not None
            fates[site.fate].append(_hashed(contribution.echo))
        return Echoes.model_validate(fates)

    return app


@contextmanager
def running() -> Iterator[Site]:
    with ExitStack() as stack:
        sockets = []
        for _ in range(2):
            opened = stack.enter_context(socket.socket())
            opened.bind(("127.0.0.1", 0))
            sockets.append(opened)
        responses, campaigns = (
            f"http://127.0.0.1:{listener.getsockname()[1]}" for listener in sockets
        )
        site = Site(responses, campaigns, sheet(campaigns))
        for app, listener in zip((_responses(site), _campaigns(site)), sockets, strict=True):
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
            thread = Thread(target=server.run, args=([listener],), daemon=True)
            listener.listen()  # a connection made before the server runs waits for it
            thread.start()
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)
        yield site
