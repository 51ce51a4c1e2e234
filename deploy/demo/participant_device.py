"""Simulated participant's device: the response page's protocol without a browser.

It speaks the protocol of docs/design.md (Anonymous credential) with the servers' public addresses
only. The seed decides the credential: a second answer with the same seed is recognised and not
counted twice.
"""

import asyncio
import random
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from services.contracts.http.credentials import CredentialRequest, CredentialSignature
from services.contracts.http.questionnaires import (
    Choice,
    DocumentTest,
    FreeText,
    Marks,
    MultipleChoice,
    Passage,
    Question,
    Questionnaire,
    Ranking,
    Scale,
    SingleChoice,
)
from services.contracts.http.responses import AnswerSheet, Contribution, DocumentView
from services.runtime.crypto.blind_rsa import (
    PublicKey,
    base64url,
    echo_from_seed,
    finalize,
    from_base64url,
    request_from_seed,
)

# Shares of optional questions answered, and of consent to be read below the anonymity floor.
ANSWERS_OPTIONAL = 0.7
AGREES_BELOW_FLOOR = 0.4

_REMARKS = (
    "La date limite n'apparaît qu'en bas de la deuxième page ; il faudrait l'écrire en haut.",
    "Je n'ai pas compris ce qu'on attend de moi : répondre, payer ou seulement vérifier ?",
    "Le mot « quotient » n'est expliqué nulle part.",
    "Un numéro de téléphone avec les horaires serait plus utile que l'adresse du site.",
    "Les phrases sont trop longues. J'ai dû relire trois fois le deuxième paragraphe.",
    "C'est clair, rien à redire.",
    "Il manque un exemple rempli, comme sur la notice des impôts.",
    "Le ton est sec : on se sent déjà en faute.",
    "Je voudrais pouvoir répondre sur papier, tout le monde n'a pas d'imprimante ni de compte.",
    "Mettez la liste des pièces à joindre dans un encadré, avec des cases à cocher.",
    "Sur mon téléphone le formulaire coupe les dernières lignes.",
    "Ma mère a quatre-vingt-deux ans et c'est moi qui lis son courrier : dites à qui s'adresser.",
    "Trois sigles dans la même phrase, aucun n'est développé.",
    "Il faudrait dire ce qui se passe si on ne répond pas à temps.",
)


@dataclass(frozen=True)
class PrivateLink:
    """Address of the response page, and the ticket, which is never sent to responses."""

    page: str
    ticket: str

    @property
    def project_id(self) -> UUID:
        return UUID(urlsplit(self.page).path.rpartition("/")[2])


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets.append(dict(attrs).get("href") or "")


def private_link(html: str) -> PrivateLink | None:
    """Find the private link on the invitation's page of a participant."""
    links = _Links()
    links.feed(html)
    for target in links.targets:
        parts = urlsplit(target)
        if parts.fragment and parts.path.startswith("/answer/"):
            page = parts._replace(query="", fragment="").geturl()
            return PrivateLink(page, parts.fragment)
    return None


async def answer(
    browser: httpx.AsyncClient, link: PrivateLink, seed: bytes, source: random.Random
) -> str:
    """Submit a response: `answer`, `answered_before`, or `answer_refused` by either service.

    Raises httpx.HTTPStatusError when responses has no such page, SignatureRefused when campaigns
    signed with another key than the one everybody has.
    """
    about_page = await browser.get(f"{link.page}/about.json")
    if about_page.status_code == httpx.codes.CONFLICT:
        return "answer_refused"
    sheet = AnswerSheet.model_validate_json(about_page.raise_for_status().content)
    credential = await obtain(browser, sheet, link, seed)
    if credential is None or sheet.credential_key is None:
        return "answer_refused"
    prepared, signature = credential
    key = PublicKey.from_jwk(sheet.credential_key)
    contribution = Contribution(
        prepared=base64url(prepared),
        signature=base64url(signature),
        questionnaire_version=sheet.questionnaire_version,
        answers=answers_to(sheet.questionnaire, sheet.documents, source),
        echo=base64url(echo_from_seed(seed, key)),
        agree_below_floor=source.random() < AGREES_BELOW_FLOOR,
    )
    sent = await browser.post(
        f"{link.page}/contributions", json=contribution.model_dump(mode="json")
    )
    if sent.is_client_error:
        return "answer_refused"
    return "answer" if sent.raise_for_status().status_code == 201 else "answered_before"


async def obtain(
    browser: httpx.AsyncClient, sheet: AnswerSheet, link: PrivateLink, seed: bytes
) -> tuple[bytes, bytes] | None:
    """Obtain the credential of this seed: prepared message and signature; None if refused."""
    assert sheet.credential_key is not None
    key = PublicKey.from_jwk(sheet.credential_key)
    request = await asyncio.to_thread(request_from_seed, seed, key)
    credential_request = CredentialRequest(
        ticket=link.ticket, project_id=link.project_id, request=base64url(request.blinded)
    )
    parts = urlsplit(link.page)
    response = await browser.post(
        sheet.credentials_url,
        json=credential_request.model_dump(mode="json"),
        headers={"Origin": f"{parts.scheme}://{parts.netloc}"},
    )
    if response.is_client_error:
        return None
    signed = CredentialSignature.model_validate_json(response.raise_for_status().content)
    return request.prepared, finalize(key, request, from_base64url(signed.signature))


def answers_to(
    questionnaire: Questionnaire, documents: list[DocumentView], source: random.Random
) -> dict[str, Any]:
    """Compose a response: every required question, and some of the others."""
    texts = {document.id: document.text or "" for document in documents}
    chosen: dict[str, set[str]] = {}
    answers: dict[str, Any] = {}
    for question in questionnaire.questions:
        condition = question.only_if
        request = condition is None or not chosen.get(condition.question, set()).isdisjoint(
            condition.any_of
        )
        if not request or not (question.required or source.random() < ANSWERS_OPTIONAL):
            continue
        response = _answer_to(question, texts, source)
        if isinstance(response, Choice):
            chosen[question.id] = set(response.chosen)
        answers[question.id] = (
            response.model_dump() if isinstance(response, Choice | Marks) else response
        )
    return answers


def _answer_to(question: Question, texts: dict[UUID, str], source: random.Random) -> Any:
    match question:
        case FreeText():
            return _remarks(source)
        case SingleChoice():
            return Choice(chosen=[source.choice(question.options).id])
        case MultipleChoice():
            at_most = min(question.at_most or len(question.options), len(question.options))
            chosen_options = source.sample(question.options, source.randint(1, at_most))
            return Choice(chosen=[option.id for option in chosen_options])
        case Scale():
            return source.randint(question.low, question.high)
        case Ranking():
            options = [option.id for option in question.options]
            return source.sample(options, len(options))
        case DocumentTest():
            return _marks(texts.get(question.document_id, ""), source)


def _remarks(source: random.Random) -> str:
    return " ".join(source.sample(_REMARKS, source.choice((1, 1, 1, 2, 2, 3, 5))))


def _marks(text: str, source: random.Random) -> Marks:
    """Mark some words of the document, in reading order."""
    passages = []
    if len(text) > 1:
        places = sorted(source.sample(range(len(text)), min(len(text), 2 * source.randint(1, 4))))
        for start, end in zip(places[::2], places[1::2], strict=False):
            mark = source.choice(("clear", "unclear", "missing"))
            comment = source.choice(_REMARKS) if mark != "clear" else ""
            passages.append(Passage(start=start, end=end, mark=mark, comment=comment))
    return Marks(passages=passages, comment=_remarks(source))
