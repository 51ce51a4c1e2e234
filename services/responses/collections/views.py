"""From what is stored to what is shown: the only place that knows both shapes."""

from collections.abc import Sequence
from datetime import date

from services.contracts.events.campaigns import Mandate
from services.contracts.events.responses import CollectionPhase
from services.contracts.http.questionnaires import Questionnaire, Words
from services.contracts.http.responses import (
    AnswerPhase,
    AnswerSheet,
    CollectionView,
    DecidedBy,
    DocumentView,
)
from services.responses.collections import rules
from services.responses.collections.rules import Collection
from services.responses.collections.use_cases import Standing
from services.responses.documents.store import Document


def collection_view(standing: Standing) -> CollectionView:
    held, counts = standing.collection, standing.counts
    return CollectionView(
        project_id=held.project_id,
        version=held.version,
        title=held.title,
        state=CollectionPhase(held.state),
        questionnaire_version=held.questionnaire_version,
        questionnaire=held.questionnaire and Questionnaire.model_validate(held.questionnaire),
        preview_path=f"/answer/{held.preview_id}",
        ends_on=held.collection_ends_on,
        anonymity_floor=held.anonymity_floor,
        credentials_issued=held.credentials_issued,
        answers_received=counts.received,
        sealed=counts.sealed,
        contributions=counts.open,
    )


def document_view(document: Document) -> DocumentView:
    return DocumentView(
        id=document.id,
        title=document.title,
        media_type=document.media_type,
        size=document.size,
        pages=document.pages,
        url=f"/answer/{document.project_id}/documents/{document.id}",
        text=document.words,
    )


def answer_sheet(
    held: Collection,
    documents: Sequence[Document],
    today: date,
    credentials_url: str,
    *,
    preview: bool,
) -> AnswerSheet:
    mandate = Mandate.model_validate(held.mandate)
    questionnaire = Questionnaire.model_validate(held.questionnaire)
    return AnswerSheet(
        project_id=held.project_id,
        preview=preview,
        state=AnswerPhase.OPEN if preview else AnswerPhase(rules.phase(held, today)),
        title=held.title,
        why=mandate.why,
        purpose=mandate.purpose,
        decision_maker=DecidedBy(
            name=mandate.decision_maker.name, role=mandate.decision_maker.role
        ),
        personal_cases=Words.model_validate(rules.personal_cases(held)),
        ends_on=held.collection_ends_on,
        anonymity_floor=held.anonymity_floor,
        credential_key=held.credential_key,
        credentials_url=credentials_url,
        questionnaire_version=held.questionnaire_version,
        questionnaire=questionnaire,
        documents=[document_view(one) for one in documents],
    )
